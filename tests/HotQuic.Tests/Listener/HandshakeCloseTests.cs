using HotQuic.Core.Errors;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Listener;

/// <summary>
/// L21: a peer that gives the connection up during the handshake says so with a transport code (RFC 9000 §10.2.3), APPLICATION_ERROR or, as
/// some versions of MsQuic do, 0x0b. Both sides understand both.
/// </summary>
[Collection("listener sockets")]
public sealed class HandshakeCloseTests
{
    private const string Meaning = "Its application gave the connection up";

    public static TheoryData<ulong> Codes => [0x0b, 0x0c];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task L21_AClientLearnsThatTheServerGaveUp(ulong code)
    {
        using var server = new RawServer();
        Task closing = server.CloseFirstAsync((TransportErrorCode)code);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => ServerProbe.ConnectAsync(server.EndPoint));
        await closing;
        Assert.Equal((QuicError.TransportError, (long)code), (exception.QuicError, exception.TransportErrorCode));
        Assert.Null(exception.ApplicationErrorCode);
        Assert.Contains(Meaning, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task L21_AListenerLearnsThatAClientGaveUpAndGoesOn(ulong code)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ConnectionOptionsCallback = async (_, _, token) =>
        {
            if (asked.TrySetResult())
            {
                await Task.Delay(Timeout.Infinite, token);
            }

            return Pair.ServerOptions();
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options);
        Task<QuicConnection> accepting = listener.AcceptConnectionAsync().AsTask();
        await GiveUpAsync(listener.LocalEndPoint, code, asked.Task);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accepting.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.TransportError, (long)code), (exception.QuicError, exception.TransportErrorCode));
        Assert.Contains(Meaning, exception.Message, StringComparison.Ordinal);

        accepting = listener.AcceptConnectionAsync().AsTask();
        await using QuicConnection client = await ServerProbe.ConnectAsync(listener.LocalEndPoint);
        await using QuicConnection accepted = await accepting;
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task L21_AHandlerLearnsThatAClientGaveUp(ulong code)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var connection = new ConnectionProbe();
        var probe = new ServerProbe
        {
            Attempt = attempt =>
            {
                attempt.Accept(null, connection);
                asked.SetResult();
            },
        };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        await GiveUpAsync(server.LocalEndPoints[0], code, asked.Task);
        QuicCloseReason reason = await connection.WhenClosed;
        Assert.Equal((QuicError.TransportError, (long)code), (reason.Error, reason.TransportErrorCode));
        Assert.Contains(Meaning, reason.Message, StringComparison.Ordinal);
    }

    private static async Task GiveUpAsync(System.Net.IPEndPoint server, ulong code, Task whenAsked)
    {
        using var client = new RawClient();
        client.Send(server, client.FirstFlight(server, Pair.Protocol));
        await whenAsked.WaitAsync(Pair.Patience);
        client.Close((TransportErrorCode)code);
        client.Send(server, client.Transmit());
    }
}
