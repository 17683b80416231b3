using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Listener;

/// <summary>Servers that break the rules of the handshake: their clients learn of that, and of nothing else.</summary>
[Collection("listener sockets")]
public sealed class HostileServerTests
{
    /// <summary>
    /// What a client is to be asked about the certificate is void when the handshake fails before anybody asks (RFC 9000 §7.5): the failure is
    /// the server's, not ours.
    /// </summary>
    [Fact]
    public async Task AFailureBeforeTheCertificateIsJudgedIsToldAsItIs()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        using var server = new RawServer();
        using var isHeld = new ManualResetEventSlim();
        using var isSent = new ManualResetEventSlim();
        Task answering = Task.Run(() => server.AnswerFirstWithTooMuchAsync(() =>
        {
            _ = engine.Shards[0].RunAsync(_ =>
            {
                isHeld.Set();
                isSent.Wait(Pair.Patience);
            });
            isHeld.Wait(Pair.Patience);
        })).ContinueWith(_ => isSent.Set(), TaskScheduler.Default);
        Task<QuicConnection> connecting = QuicConnection.ConnectOnAsync(engine, Pair.ClientOptions(server.EndPoint), default).AsTask();
        await answering.WaitAsync(Pair.Patience);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => connecting.WaitAsync(Pair.Patience));

        // CRYPTO_BUFFER_EXCEEDED
        Assert.Equal((QuicError.TransportError, 0x0dL), (exception.QuicError, exception.TransportErrorCode));
    }
}
