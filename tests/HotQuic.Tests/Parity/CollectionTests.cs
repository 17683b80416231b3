using System.Net;
using System.Runtime.CompilerServices;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>S10: what somebody waits for is not collected, though nobody holds anything but the task of the wait.</summary>
public class CollectionTests
{
    [Fact]
    public async Task S10_AListenerSomebodyWaitsOnSurvives()
    {
        (IPEndPoint at, Task<QuicConnection> accept) = await ListenAndAcceptAsync();
        Collect();
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(at)).AsTask().WaitAsync(Pair.Patience);
        await using QuicConnection server = await accept.WaitAsync(Pair.Patience);
        Assert.Equal(client.LocalEndPoint.Port, server.RemoteEndPoint.Port);
    }

    [Fact]
    public async Task S10_AConnectThatSomebodyWaitsOnSurvives()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ConnectionOptionsCallback = async (_, _, _) =>
        {
            await release.Task;
            return Pair.ServerOptions();
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().AsTask();
        Task<QuicConnection> connect = Connect(listener.LocalEndPoint);
        Collect();
        release.SetResult();
        await using QuicConnection client = await connect.WaitAsync(Pair.Patience);
        await using QuicConnection server = await accept.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task S10_AConnectionOfWhichSomebodyAcceptsAStreamSurvives()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        Task<QuicStream> inbound = await ConnectAndAcceptStreamAsync(listener.LocalEndPoint);
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Collect();
        await using QuicStream stream = await server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[5]);
        await using QuicStream accepted = await inbound.WaitAsync(Pair.Patience);
        Assert.Equal(5, await accepted.ReadAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task S10_AConnectionOnWhichSomebodyWaitsForCreditSurvives()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions(change: options => options.MaxInboundBidirectionalStreams = 1));
        Task<QuicStream> opening = await ConnectAndOpenTwoAsync(listener.LocalEndPoint);
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        Collect();
        Assert.False(opening.IsCompleted);
        QuicStream first = await server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
        first.Abort(QuicAbortDirection.Both, 1);
        await using QuicStream second = await opening.WaitAsync(Pair.Patience);
        Assert.Equal(4, second.Id);
    }

    [Fact]
    public async Task S10_AStreamThatSomebodyReadsSurvives()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        Task<int> reading = await ConnectAndReadAsync(listener.LocalEndPoint);
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        await using QuicStream stream = await server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
        Collect();
        await stream.WriteAsync(new byte[5]);
        Assert.Equal(5, await reading.WaitAsync(Pair.Patience));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(IPEndPoint At, Task<QuicConnection> Accept)> ListenAndAcceptAsync()
    {
        QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        return (listener.LocalEndPoint, listener.AcceptConnectionAsync().AsTask());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<QuicConnection> Connect(IPEndPoint to) => QuicConnection.ConnectAsync(Pair.ClientOptions(to)).AsTask();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Task<QuicStream>> ConnectAndAcceptStreamAsync(IPEndPoint to)
    {
        QuicConnection connection = await QuicConnection.ConnectAsync(Pair.ClientOptions(to));
        return connection.AcceptInboundStreamAsync().AsTask();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Task<QuicStream>> ConnectAndOpenTwoAsync(IPEndPoint to)
    {
        QuicConnection connection = await QuicConnection.ConnectAsync(Pair.ClientOptions(to));
        QuicStream first = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await first.WriteAsync(new byte[1], completeWrites: true);
        return connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Task<int>> ConnectAndReadAsync(IPEndPoint to)
    {
        QuicConnection connection = await QuicConnection.ConnectAsync(Pair.ClientOptions(to));
        QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[1]);
        return stream.ReadAsync(new byte[10]).AsTask();
    }

    private static void Collect()
    {
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
