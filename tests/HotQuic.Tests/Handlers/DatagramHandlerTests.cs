using System.Threading.Channels;

namespace HotQuic.Tests.Handlers;

/// <summary>Datagrams (RFC 9221), priorities and parameters through handles.</summary>
public class DatagramHandlerTests
{
    [Fact]
    public async Task ADatagramComesToTheHandlerAndItsOutcomeToTheSender()
    {
        Channel<byte[]> received = Channel.CreateUnbounded<byte[]>();
        Channel<(long Id, QuicDatagramOutcome Outcome)> outcomes = Channel.CreateUnbounded<(long, QuicDatagramOutcome)>();
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            server: probe => probe.Datagram = (_, data) => received.Writer.TryWrite(data),
            client: probe => probe.DatagramOutcome = (_, id, outcome) => outcomes.Writer.TryWrite((id, outcome)),
            serverOptions: options => options.Transport.MaxDatagramFrameSize = 1000);
        await pair.OnClientAsync(() =>
        {
            Assert.Equal(997, pair.ClientConnection.MaxDatagramSize);
            Assert.Throws<ArgumentException>(() => pair.ClientConnection.TrySendDatagram(new byte[998]));
            Assert.True(pair.ClientConnection.TrySendDatagram([1, 2, 3], out long first));
            Assert.True(pair.ClientConnection.TrySendDatagram([], out long second));
            Assert.True(pair.ClientConnection.TrySendDatagram([4]));
            Assert.Equal((1, 2), (first, second));
        });
        using var patience = new CancellationTokenSource(HandlerPair.Patience);
        Assert.Equal([1, 2, 3], await received.Reader.ReadAsync(patience.Token));
        Assert.Empty(await received.Reader.ReadAsync(patience.Token));
        Assert.Equal([4], await received.Reader.ReadAsync(patience.Token));
        var told = new HashSet<long>();
        while (told.Count < 2)
        {
            (long id, QuicDatagramOutcome outcome) = await outcomes.Reader.ReadAsync(patience.Token);
            Assert.NotEqual(QuicDatagramOutcome.Discarded, outcome);
            told.Add(id);
        }

        Assert.Equal([1, 2], told.Order());
        await pair.OnServerAsync(() =>
        {
            Assert.Equal(0, pair.ServerConnection.MaxDatagramSize);
            Assert.False(pair.ServerConnection.TrySendDatagram([1]));
            Assert.Equal(1000, pair.ServerConnection.LocalTransportParameters!.MaxDatagramFrameSize);
            Assert.Equal(0, pair.ServerConnection.PeerTransportParameters!.MaxDatagramFrameSize);
        });
    }

    [Fact]
    public async Task AHandlerThatThrowsOnADatagramEndsItsConnection()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            server: probe => probe.Datagram = (_, _) => throw new InvalidOperationException("too much"),
            serverOptions: options => options.Transport.MaxDatagramFrameSize = 1000);
        await pair.OnClientAsync(() => Assert.True(pair.ClientConnection.TrySendDatagram([1])));
        Assert.Equal(1, (await pair.Client.WhenClosed).TransportErrorCode);
        await pair.Server.WhenClosed;
    }

    [Fact]
    public async Task AStreamsPriorityIsSetThroughItsHandle()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync();
        QuicStreamHandle stream = await pair.OpenAsync(new StreamProbe(), QuicStreamType.Unidirectional);
        await pair.OnClientAsync(() =>
        {
            Assert.Equal(QuicStreamPriority.Default, stream.Priority);
            QuicStreamHandle same = stream;
            same.Priority = new QuicStreamPriority(6, isIncremental: false);
            Assert.Equal(new QuicStreamPriority(6, isIncremental: false), stream.Priority);
        });
    }
}
