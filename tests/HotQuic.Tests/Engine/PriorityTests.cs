namespace HotQuic.Tests.Engine;

/// <summary>Priorities and state slots. What comes first is shown by what comes at all: nobody reads the other streams, and the peer's window is smaller than any of them.</summary>
public class PriorityTests
{
    private const int Window = 10_000;
    private const int Length = 3 * Window;

    [Fact]
    public async Task TheMoreUrgentStreamComesFirst()
    {
        await using Pair pair = await ConnectAsync();
        QuicStream plug = await PlugAsync(pair);
        QuicStream[] streams =
        [
            await OpenAsync(pair, new QuicStreamPriority(5, isIncremental: false)),
            await OpenAsync(pair, new QuicStreamPriority(1, isIncremental: true)),
            await OpenAsync(pair, default),
        ];
        await ReadInOrderAsync(pair, plug, streams[1], streams[2], streams[0]);
    }

    [Fact]
    public async Task APriorityMayChangeWhileDataWaits()
    {
        await using Pair pair = await ConnectAsync();
        QuicStream plug = await PlugAsync(pair);
        QuicStream[] streams = [await OpenAsync(pair, default), await OpenAsync(pair, default), await OpenAsync(pair, default)];
        streams[0].Priority = new QuicStreamPriority(7, isIncremental: true);
        streams[2].Priority = new QuicStreamPriority(0, isIncremental: true);
        await ReadInOrderAsync(pair, plug, streams[2], streams[1], streams[0]);
        Assert.Equal(new QuicStreamPriority(7, isIncremental: true), streams[0].Priority);
    }

    /// <summary>RFC 9218 §4.2: one that is not incremental is served to its end.</summary>
    [Fact]
    public async Task StreamsThatAreNotIncrementalComeOneAfterTheOther()
    {
        await using Pair pair = await ConnectAsync();
        QuicStream plug = await PlugAsync(pair);
        var sequential = new QuicStreamPriority(3, isIncremental: false);
        QuicStream[] streams = [await OpenAsync(pair, sequential), await OpenAsync(pair, sequential), await OpenAsync(pair, sequential)];
        await ReadInOrderAsync(pair, plug, streams);
    }

    [Fact]
    public async Task APriorityIsCheckedAndHasTheDefaultOfItsRfc()
    {
        Assert.Equal(3, default(QuicStreamPriority).Urgency);
        Assert.True(QuicStreamPriority.Default.IsIncremental);
        Assert.Equal(default, new QuicStreamPriority(3, isIncremental: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuicStreamPriority(8, isIncremental: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuicStreamPriority(-1, isIncremental: false));
        for (int urgency = 0; urgency <= 7; urgency++)
        {
            foreach (bool isIncremental in new[] { false, true })
            {
                var priority = new QuicStreamPriority(urgency, isIncremental);
                Assert.Equal((urgency, isIncremental), (priority.Urgency, priority.IsIncremental));
                Assert.Equal(priority, QuicStreamPriority.FromValue(priority.Value));
            }
        }

        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync(QuicStreamType.Unidirectional);
        Assert.Throws<InvalidOperationException>(() => server.Priority = default);
        await client.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => client.Priority = default);
    }

    [Fact]
    public async Task StateIsTheApplications()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Assert.Null(pair.Server.State);
        Assert.Null(server.State);
        object first = new(), second = new();
        pair.Server.State = first;
        server.State = second;
        Assert.Same(first, pair.Server.State);
        Assert.Same(second, server.State);
        Assert.Null(pair.Client.State);
        Assert.Null(client.State);
    }

    /// <summary>The window does not grow, so what was announced last is known.</summary>
    private static Task<Pair> ConnectAsync() => Pair.ConnectAsync(server: options =>
    {
        options.InitialReceiveWindowSizes.Connection = Window;
        options.Transport.MaxConnectionReceiveWindow = Window;
    });

    /// <summary>Fills the peer's window, so that nothing else is sent until it is read.</summary>
    private static async Task<QuicStream> PlugAsync(Pair pair)
    {
        (QuicStream client, QuicStream server) = await pair.OpenAsync(QuicStreamType.Unidirectional);
        await client.WriteAsync(new byte[Window - 1], completeWrites: true);
        return server;
    }

    private static async Task<QuicStream> OpenAsync(Pair pair, QuicStreamPriority priority)
    {
        QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional, priority).AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(priority, stream.Priority);
        await stream.WriteAsync(new byte[Length], completeWrites: true).AsTask().WaitAsync(Pair.Patience);
        return stream;
    }

    private static async Task ReadInOrderAsync(Pair pair, QuicStream plug, params QuicStream[] expected)
    {
        await plug.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
        var accepted = new Dictionary<long, QuicStream>();
        foreach (QuicStream stream in expected)
        {
            while (!accepted.ContainsKey(stream.Id))
            {
                QuicStream next = await pair.Server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
                accepted.Add(next.Id, next);
            }

            using var received = new MemoryStream();
            await accepted[stream.Id].CopyToAsync(received).WaitAsync(Pair.Patience);
            Assert.Equal(Length, received.Length);
        }
    }
}
