using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HotQuic;

namespace EchoService;

/// <summary>Sends each text on a stream of its own, all at once, and prints what comes back, in the order of the texts.</summary>
internal static class EchoClient
{
    public static async Task RunAsync(DnsEndPoint server, X509Certificate2Collection authorities, string[] texts, CancellationToken stop)
    {
        // Without a chain policy, the system's authorities count. Nothing here ever trusts any certificate.
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.AddRange(authorities);
        await using QuicConnection connection = await QuicConnection.ConnectAsync(
            new QuicClientConnectionOptions
            {
                RemoteEndPoint = server,
                DefaultStreamErrorCode = EchoProtocol.GivenUp,
                DefaultCloseErrorCode = EchoProtocol.GivenUp,
                ClientAuthenticationOptions = new()
                {
                    ApplicationProtocols = EchoProtocol.Names,
                    TargetHost = server.Host,
                    CertificateChainPolicy = trust,
                },
            },
            stop);

        foreach (string echo in await Task.WhenAll(texts.Select(text => EchoAsync(connection, text, stop))))
        {
            Console.WriteLine(echo);
        }

        await connection.CloseAsync(EchoProtocol.NoError, stop);
    }

    private static async Task<string> EchoAsync(QuicConnection connection, string text, CancellationToken stop)
    {
        // Waits while the server allows no more streams at a time.
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, stop);

        // A long text comes back while it is still being sent: who only writes first would wait for ever.
        Task writing = stream.WriteAsync(Encoding.UTF8.GetBytes(text), completeWrites: true, stop).AsTask();
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        string echo = await reader.ReadToEndAsync(stop);
        await writing;
        return echo;
    }
}
