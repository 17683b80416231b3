using System.Security.Authentication;
using HotQuic.Core.Errors;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>What goes wrong before a connection is accepted: one accept is told, the client is told, and the listener goes on.</summary>
public class AcceptFailureTests
{
    [Fact]
    public async Task S5_EveryFailedHandshakeIsToldByOneAcceptAndTheListenerGoesOn()
    {
        const int failures = 3;
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        for (int i = 0; i < failures; i++)
        {
            await HandshakeFailures.ConnectAsync(Pair.ClientOptions(
                listener.LocalEndPoint, change: options => options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null));
        }

        for (int i = 0; i < failures; i++)
        {
            await Assert.ThrowsAsync<AuthenticationException>(() => listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience));
        }

        await AssertGoesOnAsync(listener);
    }

    /// <summary>Whatever the callback throws, at once or later: it must not be taken for the listener's own end.</summary>
    [Theory]
    [InlineData(typeof(ObjectDisposedException), true)]
    [InlineData(typeof(ObjectDisposedException), false)]
    [InlineData(typeof(OperationCanceledException), false)]
    [InlineData(typeof(ArgumentException), false)]
    [InlineData(typeof(QuicException), false)]
    public async Task S6_WhatTheOptionsCallbackThrowsIsInsideACallbackError(Type type, bool isAtOnce)
    {
        Exception thrown = type == typeof(QuicException) ? new QuicException(QuicError.ConnectionIdle, null, "mine")
            : type == typeof(ObjectDisposedException) ? new ObjectDisposedException("mine")
            : (Exception)Activator.CreateInstance(type)!;
        int calls = 0;
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ConnectionOptionsCallback = (_, _, _) =>
            Interlocked.Increment(ref calls) > 1 ? ValueTask.FromResult(Pair.ServerOptions())
            : isAtOnce ? throw thrown
            : ValueTask.FromException<QuicServerConnectionOptions>(thrown);
        await using QuicListener listener = await QuicListener.ListenAsync(options);
        HandshakeFailures.AssertAlert(await HandshakeFailures.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)), TlsAlert.UserCanceled);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.CallbackError, exception.QuicError);
        Assert.Same(thrown, exception.InnerException);
        await AssertGoesOnAsync(listener);
    }

    [Fact]
    public async Task S7_TheCallbacksTokenFiresWhenTheClientGivesUp()
    {
        var callback = new HeldCallback();
        await using QuicListener listener = await QuicListener.ListenAsync(callback.Options);
        using var source = new CancellationTokenSource();
        Task<QuicConnection> connect = QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint), source.Token).AsTask();
        await callback.Entered.WaitAsync(Pair.Patience);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connect.WaitAsync(Pair.Patience));
        await callback.Cancelled.WaitAsync(Pair.Patience);
        HandshakeFailures.AssertAlert(
            (await Record.ExceptionAsync(() => listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience)))!, TlsAlert.UserCanceled);

        // What the callback gives in the end is for nobody.
        callback.Release();
        await AssertGoesOnAsync(listener);
    }

    /// <summary>Ten seconds until the callback has given options, whose own limit counts from then on.</summary>
    [Fact]
    public async Task S7_TheCallbacksTokenFiresWhenTheHandshakeTakesTooLong()
    {
        var callback = new HeldCallback();
        await using QuicListener listener = await QuicListener.ListenAsync(callback.Options);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().AsTask();
        Task<Exception> connect = HandshakeFailures.ConnectAsync(Pair.ClientOptions(
            listener.LocalEndPoint, change: options => options.HandshakeTimeout = Timeout.InfiniteTimeSpan));
        await callback.Cancelled.WaitAsync(Pair.Patience);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.ConnectionTimeout, exception.QuicError);
        HandshakeFailures.AssertAlert(await connect, TlsAlert.UserCanceled);
        callback.Release();
        await AssertGoesOnAsync(listener);
    }

    /// <summary>What the callback may know: who connects, from where to where, and not yet what will be agreed on.</summary>
    /// <summary>An exception that nobody catches would end the process, at a time that the client chooses.</summary>
    [Fact]
    public async Task S7_WhatTheCallbacksTokenCallsMayThrow()
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ConnectionOptionsCallback = async (_, _, token) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                token.UnsafeRegister(_ => called.SetResult(), null);
                token.UnsafeRegister(_ => throw new NotSupportedException("mine"), null);
                asked.SetResult();
                await Task.Delay(Timeout.Infinite, token);
            }

            return Pair.ServerOptions();
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options);
        using var source = new CancellationTokenSource();
        Task<QuicConnection> connecting = QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint), source.Token).AsTask();
        await asked.Task.WaitAsync(Pair.Patience);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Pair.Patience));
        await called.Task.WaitAsync(Pair.Patience);
        await Assert.ThrowsAsync<AuthenticationException>(() => listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience));
        await AssertGoesOnAsync(listener);
    }

    /// <summary>Before the handshake is complete the client has proved nothing, and no options say what it may do.</summary>
    [Fact]
    public async Task S7_TheConnectionThatTheCallbackSeesHasNoStreamsYet()
    {
        List<Exception?> failures = [];
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ConnectionOptionsCallback = (connection, _, _) =>
        {
            failures.Add(Record.Exception(() => { _ = connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask(); }));
            failures.Add(Record.Exception(() => { _ = connection.AcceptInboundStreamAsync().AsTask(); }));
            return ValueTask.FromResult(Pair.ServerOptions());
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options);
        Task<QuicConnection> accepting = listener.AcceptConnectionAsync().AsTask();
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)).AsTask().WaitAsync(Pair.Patience);
        await using QuicConnection server = await accepting.WaitAsync(Pair.Patience);
        Assert.Equal(2, failures.Count);
        Assert.All(failures, failure => Assert.Contains("not established", Assert.IsType<InvalidOperationException>(failure).Message, StringComparison.Ordinal));
        await using QuicStream stream = await server.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
    }

    [Fact]
    public async Task S7_TheConnectionThatTheCallbackSeesIsTheOneThatIsAccepted()
    {
        QuicConnection? seen = null;
        int port = 0;
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ConnectionOptionsCallback = (connection, hello, _) =>
        {
            seen = connection;
            port = connection.RemoteEndPoint.Port;
            Assert.Equal(SslProtocols.Tls13, hello.SslProtocols);
            return ValueTask.FromResult(Pair.ServerOptions());
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options);
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)).AsTask().WaitAsync(Pair.Patience);
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Same(server, seen);
        Assert.Equal(client.LocalEndPoint.Port, port);
    }

    [Fact]
    public async Task S9_ConnectionsThatNobodyAcceptedAreClosedWithTheirDefaultCode()
    {
        QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)).AsTask().WaitAsync(Pair.Patience);
        Task<QuicStream> accept = client.AcceptInboundStreamAsync().AsTask();

        // What the server acknowledges of a stream says that its side of the handshake is over too (RFC 9001 §5.7).
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        await stream.WriteAsync(new byte[1], completeWrites: true);
        await stream.WritesClosed.WaitAsync(Pair.Patience);
        await listener.DisposeAsync();
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.ConnectionAborted, 0x52L), (exception.QuicError, exception.ApplicationErrorCode));
    }

    [Fact]
    public async Task S9_EveryWaitingAcceptThrowsAndASecondDisposalDoesNothing()
    {
        QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        Task<QuicConnection>[] accepts = [.. Enumerable.Range(0, 3).Select(_ => listener.AcceptConnectionAsync().AsTask())];
        await Task.WhenAll(listener.DisposeAsync().AsTask(), listener.DisposeAsync().AsTask()).WaitAsync(Pair.Patience);
        foreach (Task<QuicConnection> accept in accepts)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => accept.WaitAsync(Pair.Patience));
        }

        await listener.DisposeAsync();
    }

    private static async Task AssertGoesOnAsync(QuicListener listener)
    {
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)).AsTask().WaitAsync(Pair.Patience);
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(client.LocalEndPoint.Port, server.RemoteEndPoint.Port);
    }

    /// <summary>An options callback that answers the first client when the test says so, and every other at once.</summary>
    private sealed class HeldCallback
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HeldCallback()
        {
            Options.ConnectionOptionsCallback = async (_, _, token) =>
            {
                if (_entered.TrySetResult())
                {
                    using CancellationTokenRegistration registration = token.Register(_cancelled.SetResult);
                    await _released.Task;
                }

                return Pair.ServerOptions();
            };
        }

        public QuicListenerOptions Options { get; } = Pair.ListenerOptions();

        public Task Entered => _entered.Task;

        public Task Cancelled => _cancelled.Task;

        public void Release() => _released.SetResult();
    }
}
