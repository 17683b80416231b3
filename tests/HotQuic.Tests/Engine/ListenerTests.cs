using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace HotQuic.Tests.Engine;

/// <summary>The listener as users of System.Net.Quic know it (S lines), and the engine's rules below it (L lines).</summary>
public class ListenerTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task S1_ListeningWithoutProtocolsNamesThem()
    {
        ArgumentException missing = await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await QuicListener.ListenAsync(Changed(options => options.ApplicationProtocols = null!)));
        Assert.Contains("ApplicationProtocols", missing.Message, StringComparison.Ordinal);
        ArgumentException empty = await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await QuicListener.ListenAsync(Changed(options => options.ApplicationProtocols = [])));
        Assert.Contains("ApplicationProtocols", empty.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task S1_ListeningWithoutEndPointOrCallbackNamesThem()
    {
        ArgumentException noEndPoint = await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await QuicListener.ListenAsync(Changed(options => options.ListenEndPoint = null!)));
        Assert.Contains("ListenEndPoint", noEndPoint.Message, StringComparison.Ordinal);
        ArgumentException noCallback = await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await QuicListener.ListenAsync(Changed(options => options.ConnectionOptionsCallback = null!)));
        Assert.Contains("ConnectionOptionsCallback", noCallback.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(TransferTests.Modes), MemberType = typeof(TransferTests))]
    public async Task S2_APortThatAnotherSocketHoldsIsInUse(QuicIoMode io)
    {
        using var foreign = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        foreign.Bind(AnyPort);
        SocketException exception = await Assert.ThrowsAsync<SocketException>(
            async () => await QuicListener.ListenAsync(Pair.ListenerOptions(io, at: (IPEndPoint)foreign.LocalEndPoint!)));
        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    [Fact]
    public async Task S2_L9_TheSameProtocolOnTheSamePortIsInUse()
    {
        await using QuicListener first = await QuicListener.ListenAsync(Pair.ListenerOptions());
        QuicException exception = await Assert.ThrowsAsync<QuicException>(
            async () => await QuicListener.ListenAsync(Pair.ListenerOptions(at: first.LocalEndPoint)));
        Assert.Equal(QuicError.AlpnInUse, exception.QuicError);
    }

    [Fact]
    public async Task S2_L10_ListenersOfOtherProtocolsShareAPortAndEachGetsItsOwn()
    {
        await using QuicListener first = await QuicListener.ListenAsync(Pair.ListenerOptions());
        QuicListenerOptions otherOptions = Pair.ListenerOptions(change: options => options.ServerAuthenticationOptions.ApplicationProtocols = null, at: first.LocalEndPoint);
        otherOptions.ApplicationProtocols = [new SslApplicationProtocol("other")];
        await using QuicListener second = await QuicListener.ListenAsync(otherOptions);
        await using QuicConnection toSecond = await QuicConnection.ConnectAsync(Pair.ClientOptions(
            first.LocalEndPoint, change: options => options.ClientAuthenticationOptions.ApplicationProtocols = [new SslApplicationProtocol("other")]));
        await using QuicConnection atSecond = await second.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Equal("other", atSecond.NegotiatedApplicationProtocol.ToString());
        await using QuicConnection toFirst = await QuicConnection.ConnectAsync(Pair.ClientOptions(first.LocalEndPoint));
        await using QuicConnection atFirst = await first.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(Pair.Protocol, atFirst.NegotiatedApplicationProtocol.ToString());
    }

    /// <summary>Options may serve again for the next listener: the first goes by what it was given.</summary>
    [Fact]
    public async Task AListenerGoesByTheOptionsThatItWasGiven()
    {
        QuicListenerOptions options = Pair.ListenerOptions(change: given => given.ServerAuthenticationOptions.ApplicationProtocols = null);
        await using QuicListener first = await QuicListener.ListenAsync(options);
        options.ConnectionOptionsCallback = (_, _, _) => throw new NotSupportedException("the callback of another listener");
        options.ApplicationProtocols.Clear();
        options.ApplicationProtocols.Add(new SslApplicationProtocol("other"));
        await using QuicListener second = await QuicListener.ListenAsync(options);
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(first.LocalEndPoint)).AsTask().WaitAsync(Pair.Patience);
        await using QuicConnection server = await first.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(Pair.Protocol, server.NegotiatedApplicationProtocol.ToString());
    }

    [SkippableFact]
    public async Task S3_TheIPv6WildcardTakesBothFamilies()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "There is no IPv6 here.");
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions(at: new IPEndPoint(IPAddress.IPv6Any, 0)));
        Assert.Equal(IPAddress.IPv6Any, listener.LocalEndPoint.Address);
        Assert.NotEqual(0, listener.LocalEndPoint.Port);
        foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            var to = new IPEndPoint(address, listener.LocalEndPoint.Port);
            await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(to)).AsTask().WaitAsync(Pair.Patience);
            await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(to, client.RemoteEndPoint);
            Assert.Equal(address, server.RemoteEndPoint.Address);
            Assert.Equal(client.LocalEndPoint.Port, server.RemoteEndPoint.Port);
        }
    }

    [Fact]
    public async Task S4_TheBacklogCountsWhatIsNotAcceptedAndAcceptingFreesAPlace()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Changed(options => options.ListenBacklog = 2));
        await using QuicConnection first = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint));
        await using QuicConnection second = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint));
        QuicException refused = await Assert.ThrowsAsync<QuicException>(
            async () => await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)));
        Assert.Equal(QuicError.ConnectionRefused, refused.QuicError);
        await using QuicConnection accepted = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        await using QuicConnection third = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint));
    }

    [Fact]
    public async Task S6_AnOptionsCallbackThatThrowsFailsOneAcceptAndTellsTheClient()
    {
        int calls = 0;
        await using QuicListener listener = await QuicListener.ListenAsync(Changed(options => options.ConnectionOptionsCallback = (_, _, _) =>
            Interlocked.Increment(ref calls) == 1 ? throw new NotSupportedException("not today") : ValueTask.FromResult(Pair.ServerOptions())));
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().AsTask();
        await Assert.ThrowsAsync<AuthenticationException>(async () => await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)));
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.CallbackError, exception.QuicError);
        Assert.IsType<NotSupportedException>(exception.InnerException);

        // S5: the listener goes on.
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint));
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task S6_OptionsThatCannotServeFailOneAcceptAsArguments()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(
            Pair.ListenerOptions(change: options => options.ServerAuthenticationOptions = null!));
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().AsTask();
        await Assert.ThrowsAsync<AuthenticationException>(async () => await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)));
        ArgumentException exception = await Assert.ThrowsAnyAsync<ArgumentException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Contains("ServerAuthenticationOptions", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task S7_TheCallbackGetsTheServerNameAndRunsOffTheShard()
    {
        string? name = null;
        bool isPoolThread = false;
        await using QuicListener listener = await QuicListener.ListenAsync(Changed(options => options.ConnectionOptionsCallback = (_, hello, _) =>
        {
            name = hello.ServerName;
            isPoolThread = Thread.CurrentThread.IsThreadPoolThread;
            return ValueTask.FromResult(Pair.ServerOptions());
        }));
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint));
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Equal("localhost", name);
        Assert.Equal("localhost", server.TargetHostName);
        Assert.True(isPoolThread);
    }

    [Fact]
    public async Task S7_TheCallbacksTokenFiresWhenTheListenerIsDisposed()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        QuicListener listener = await QuicListener.ListenAsync(Changed(options => options.ConnectionOptionsCallback = async (_, _, token) =>
        {
            entered.SetResult();
            using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
            await cancelled.Task;
            throw new OperationCanceledException(token);
        }));
        Task<QuicConnection> connect = QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)).AsTask();
        await entered.Task.WaitAsync(Pair.Patience);
        await listener.DisposeAsync();
        await cancelled.Task.WaitAsync(Pair.Patience);
        await Assert.ThrowsAsync<AuthenticationException>(() => connect.WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task S8_AServersHandshakeTimeoutIsATimeoutThereAndUserCanceledAtTheClient()
    {
        // The client holds the handshake back by judging the certificate for as long as the test wants.
        using var judged = new ManualResetEventSlim();
        await using QuicListener listener = await QuicListener.ListenAsync(
            Pair.ListenerOptions(change: options => options.HandshakeTimeout = TimeSpan.FromMilliseconds(300)));
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().AsTask();
        Task<QuicConnection> connect = QuicConnection.ConnectAsync(Pair.ClientOptions(
            listener.LocalEndPoint,
            change: options => options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                judged.Wait();
                return shown is not null;
            })).AsTask();
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.ConnectionTimeout, exception.QuicError);
        await Assert.ThrowsAsync<AuthenticationException>(() => connect.WaitAsync(Pair.Patience));
        judged.Set();
    }

    [Fact]
    public async Task S8_AClientsHandshakeTimeoutIsATimeoutThereAndUserCanceledAtTheServer()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using QuicListener listener = await QuicListener.ListenAsync(Changed(options => options.ConnectionOptionsCallback = async (_, _, _) =>
        {
            await release.Task;
            return Pair.ServerOptions();
        }));
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().AsTask();
        QuicException exception = await Assert.ThrowsAsync<QuicException>(async () => await QuicConnection.ConnectAsync(
            Pair.ClientOptions(listener.LocalEndPoint, change: options => options.HandshakeTimeout = TimeSpan.FromMilliseconds(300))));
        Assert.Equal(QuicError.ConnectionTimeout, exception.QuicError);
        await Assert.ThrowsAsync<AuthenticationException>(() => accept.WaitAsync(Pair.Patience));
        release.SetResult();
    }

    [Fact]
    public async Task S9_L25_DisposingAListenerEndsAcceptsAndLeavesAcceptedConnectionsAlive()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task<QuicConnection> accept = pair.Listener.AcceptConnectionAsync().AsTask();
        await pair.Listener.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accept.WaitAsync(Pair.Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Listener.AcceptConnectionAsync());
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.WriteAsync(new byte[] { 7 });
        byte[] one = new byte[1];
        Assert.Equal(1, await client.ReadAsync(one).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(7, one[0]);
    }

    [Fact]
    public async Task S9_ThePortIsFreeOnceListenerAndConnectionsAreGone()
    {
        IPEndPoint at;
        await using (Pair pair = await Pair.ConnectAsync())
        {
            at = pair.Listener.LocalEndPoint;
        }

        // Closed connections keep their socket while they drain, so the port is free a little later.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(at);
                return;
            }
            catch (SocketException) when (attempt < 500)
            {
                await Task.Delay(20);
            }
        }
    }

    [Fact]
    public async Task S10_CancellingAnAcceptThrowsWithTheCallersToken()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        using var source = new CancellationTokenSource();
        Task<QuicConnection> accept = listener.AcceptConnectionAsync(source.Token).AsTask();
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal(source.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task S11_TheOptionsMayNarrowTheProtocols()
    {
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ApplicationProtocols = [new SslApplicationProtocol("foo"), new SslApplicationProtocol(Pair.Protocol)];
        await using QuicListener listener = await QuicListener.ListenAsync(options);
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint));
        Assert.Equal(Pair.Protocol, client.NegotiatedApplicationProtocol.ToString());
        await Assert.ThrowsAsync<AuthenticationException>(async () => await QuicConnection.ConnectAsync(Pair.ClientOptions(
            listener.LocalEndPoint, change: wanted => wanted.ClientAuthenticationOptions.ApplicationProtocols = [new SslApplicationProtocol("foo")])));
    }

    [Fact]
    public async Task L8_TwoListenersOnPortZeroGetTwoPorts()
    {
        await using QuicListener first = await QuicListener.ListenAsync(Pair.ListenerOptions());
        await using QuicListener second = await QuicListener.ListenAsync(Pair.ListenerOptions());
        Assert.NotEqual(first.LocalEndPoint.Port, second.LocalEndPoint.Port);
    }

    [Fact]
    public async Task L14_NoCommonProtocolIsNoApplicationProtocolAndNoCallbackRuns()
    {
        bool isCalled = false;
        await using QuicListener listener = await QuicListener.ListenAsync(Changed(options => options.ConnectionOptionsCallback = (_, _, _) =>
        {
            isCalled = true;
            return ValueTask.FromResult(Pair.ServerOptions());
        }));
        AuthenticationException exception = await Assert.ThrowsAsync<AuthenticationException>(async () => await QuicConnection.ConnectAsync(
            Pair.ClientOptions(
                listener.LocalEndPoint,
                change: options => options.ClientAuthenticationOptions.ApplicationProtocols = [new SslApplicationProtocol("unknown")])));
        QuicException inner = Assert.IsType<QuicException>(exception.InnerException);
        Assert.Equal(QuicError.TransportError, inner.QuicError);
        Assert.Equal(0x178, inner.TransportErrorCode);
        Assert.False(isCalled);
    }

    /// <summary>Half of a backlog can be filled from forged addresses; the other half is for clients that answer a Retry.</summary>
    [Fact]
    public async Task L26_WhereUnfinishedHandshakesHoldHalfOfTheBacklogAddressesAreChecked()
    {
        int asked = 0;
        using var allAsked = new SemaphoreSlim(0);
        await using QuicListener listener = await QuicListener.ListenAsync(Changed(options =>
        {
            options.ListenBacklog = 4;
            options.ConnectionOptionsCallback = async (_, _, cancellation) =>
            {
                if (Interlocked.Increment(ref asked) <= 3)
                {
                    allAsked.Release();
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
                }

                return Pair.ServerOptions();
            };
        }));
        using var stop = new CancellationTokenSource();
        Task[] unfinished = [.. Enumerable.Range(0, 3).Select(_ => QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint), stop.Token).AsTask())];
        for (int i = 0; i < unfinished.Length; i++)
        {
            Assert.True(await allAsked.WaitAsync(Pair.Patience));
        }

        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint));
        Assert.True(client.GetStatistics().UsedRetry);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(unfinished));
    }

    [Fact]
    public async Task L26_WhereARetryIsAlwaysAskedForClientsComeThroughIt()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Changed(options => options.RetryMode = QuicRetryMode.Always));
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)).AsTask().WaitAsync(Pair.Patience);
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.True(client.GetStatistics().UsedRetry);
        Assert.True(server.GetStatistics().UsedRetry);
    }

    private static QuicListenerOptions Changed(Action<QuicListenerOptions> change)
    {
        QuicListenerOptions options = Pair.ListenerOptions();
        change(options);
        return options;
    }
}
