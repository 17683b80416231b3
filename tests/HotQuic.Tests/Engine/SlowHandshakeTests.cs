using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Tests.Engine;

/// <summary>Slow or foreign work never runs on a shard: while it goes on, the shard's other connections are served. Shown by order, not by time.</summary>
public class SlowHandshakeTests
{
    /// <summary>More than there are shards in any default, so that each of them has to serve some.</summary>
    private const int Others = 8;

    [Fact]
    public async Task AValidationCallbackThatBlocksDelaysNoOtherConnection()
    {
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        Pair[] others = await ConnectOthersAsync();
        await using QuicListener listener = await QuicListener.ListenAsync(
            Pair.ListenerOptions(change: options => options.HandshakeTimeout = Timeout.InfiniteTimeSpan));
        Task<QuicConnection> slow = QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint, change: options =>
        {
            options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                entered.Set();
                release.Wait();
                return shown is not null;
            };
        })).AsTask();
        Assert.True(entered.Wait(Pair.Patience));

        // The callback sits there for as long as all of this takes; nothing lets it go but the end of it.
        await EchoOnAsync(others);
        Assert.False(slow.IsCompleted);
        release.Set();
        await using QuicConnection connection = await slow.WaitAsync(Pair.Patience);
        await DisposeAsync(others);
    }

    [Fact]
    public async Task RsaSignaturesAreMadeAndOtherConnectionsAreServedMeanwhile()
    {
        using var rsa = RSA.Create(3072);
        var request = new CertificateRequest("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Pair[] others = await ConnectOthersAsync();
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions(change: options =>
            options.ServerAuthenticationOptions.ServerCertificate = certificate));
        var handshakes = new List<Task<QuicConnection>>();
        for (int i = 0; i < 32; i++)
        {
            handshakes.Add(QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint, change: options =>
                options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => certificate.Equals(shown))).AsTask());
        }

        await EchoOnAsync(others);
        foreach (QuicConnection connection in await Task.WhenAll(handshakes).WaitAsync(Pair.Patience))
        {
            await connection.DisposeAsync();
        }

        await DisposeAsync(others);
    }

    private static Task<Pair[]> ConnectOthersAsync() => Task.WhenAll(Enumerable.Range(0, Others).Select(_ => Pair.ConnectAsync()));

    private static async Task EchoOnAsync(Pair[] pairs)
    {
        foreach (Pair pair in pairs)
        {
            for (int i = 0; i < 10; i++)
            {
                (QuicStream client, QuicStream server) = await pair.OpenAsync();
                await server.WriteAsync(new byte[] { 7 }, completeWrites: true).AsTask().WaitAsync(Pair.Patience);
                byte[] answer = new byte[2];
                Assert.Equal(1, await client.ReadAsync(answer).AsTask().WaitAsync(Pair.Patience));
                Assert.Equal(7, answer[0]);
                await client.DisposeAsync();
                await server.DisposeAsync();
            }
        }
    }

    private static async Task DisposeAsync(Pair[] pairs)
    {
        foreach (Pair pair in pairs)
        {
            await pair.DisposeAsync();
        }
    }
}
