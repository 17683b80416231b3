using System.Net;
using System.Net.Security;
using System.Security.Authentication;

namespace Ported;

/// <summary>What programs catch: each kind of failure that a connection attempt has.</summary>
internal static class Failures
{
    public static async Task ShowAsync(IPEndPoint server, Certificates certificates)
    {
        await ConnectAsync("another protocol", Change(server, certificates, tls => tls.ApplicationProtocols = [new SslApplicationProtocol("none")]));
        await ConnectAsync("another host", Change(server, certificates, tls => tls.TargetHost = "refused.example"));
        QuicClientConnectionOptions incomplete = EchoClient.Options(server, certificates);
        incomplete.DefaultCloseErrorCode = -1;
        await ConnectAsync("no code", incomplete);
        try
        {
            await QuicListener.ListenAsync(new QuicListenerOptions
            {
                ListenEndPoint = server,
                ApplicationProtocols = [EchoServer.Protocol],
                ConnectionOptionsCallback = (_, _, _) => throw new NotSupportedException(),
            });
        }
        catch (QuicException exception)
        {
            Console.WriteLine($"the same protocol twice: {exception.QuicError}");
        }

        var made = new QuicException(QuicError.InternalError, applicationErrorCode: null, "made by hand");
        Console.WriteLine($"{made.Message}: {made.QuicError}, {made.ApplicationErrorCode?.ToString() ?? "none"}, {made.TransportErrorCode?.ToString() ?? "none"}");
    }

    private static QuicClientConnectionOptions Change(IPEndPoint server, Certificates certificates, Action<SslClientAuthenticationOptions> change)
    {
        QuicClientConnectionOptions options = EchoClient.Options(server, certificates);
        change(options.ClientAuthenticationOptions);
        return options;
    }

    private static async Task ConnectAsync(string what, QuicClientConnectionOptions options)
    {
        try
        {
            await using QuicConnection connection = await QuicConnection.ConnectAsync(options);
            Console.WriteLine($"{what}: connected");
        }
        catch (Exception exception) when (exception is AuthenticationException or QuicException or ArgumentException)
        {
            Console.WriteLine($"{what}: {exception.GetType().Name}");
        }
    }
}
