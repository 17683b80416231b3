using System.Security.Authentication;
using HotQuic.Core.Errors;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>A connection attempt that must fail: what each side is told.</summary>
internal static class HandshakeFailures
{
    /// <summary>Connects and accepts; both must fail.</summary>
    public static async Task<(Exception Client, Exception Server)> BothAsync(QuicListenerOptions listenerOptions, Action<QuicClientConnectionOptions>? client = null)
    {
        await using QuicListener listener = await QuicListener.ListenAsync(listenerOptions);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().AsTask();
        Exception atClient = await ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint, change: client));
        return (atClient, (await Record.ExceptionAsync(() => accept.WaitAsync(Pair.Patience)))!);
    }

    /// <summary>
    /// What a client is told. Its own handshake may be over before the server has judged it (RFC 8446 §4.4.2.4), and then the connection
    /// ends so at once.
    /// </summary>
    public static async Task<Exception> ConnectAsync(QuicClientConnectionOptions options)
    {
        options.MaxInboundBidirectionalStreams = 1;
        return (await Record.ExceptionAsync(async () =>
        {
            await using QuicConnection connection = await QuicConnection.ConnectAsync(options).AsTask().WaitAsync(Pair.Patience);
            await connection.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
        }))!;
    }

    /// <summary>The exception tells of the alert, whoever sent it.</summary>
    public static QuicException AssertAlert(Exception exception, TlsAlert alert)
    {
        var authentication = Assert.IsType<AuthenticationException>(exception);
        var inner = Assert.IsType<QuicException>(authentication.InnerException);
        Assert.Equal(QuicError.TransportError, inner.QuicError);
        Assert.Equal(alert, (TlsAlert)(inner.TransportErrorCode! - 0x100));
        return inner;
    }
}
