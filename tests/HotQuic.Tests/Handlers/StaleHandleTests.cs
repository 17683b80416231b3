using HotQuic.Tests.Listener;
namespace HotQuic.Tests.Handlers;

/// <summary>Handles that outlive what they stand for: they throw, and never reach what has the state behind them by then (L32).</summary>
public sealed class StaleHandleTests
{
    [Fact]
    public async Task EveryMemberOfAStaleStreamHandleThrows()
    {
        var server = new StreamProbe { Data = (stream, data, isEnd) => stream.Write(data, isEnd) };
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe => probe.Stream = (_, _) => server);
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);
        await pair.OnClientAsync(() => stream.Write([1], completeWrites: true));
        await client.WhenClosed;

        await pair.OnClientAsync(() => AssertStale(stream));
    }

    [Fact]
    public async Task EveryMemberOfAStaleConnectionHandleThrows()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync();
        QuicConnectionHandle connection = pair.ClientConnection;
        await pair.OnClientAsync(() => connection.Close(0));
        await pair.Client.WhenClosed;

        await ServerProbe.EventuallyAsync(() => !connection.IsValid);
        Assert.False(connection.Post("nobody"));
        Assert.Throws<ObjectDisposedException>(() => connection.State);
        Assert.Throws<ObjectDisposedException>(() => connection.LocalEndPoint);
        Assert.Throws<ObjectDisposedException>(() => connection.RemoteEndPoint);
        Assert.Throws<ObjectDisposedException>(() => connection.ServerName);
        Assert.Throws<ObjectDisposedException>(() => connection.NegotiatedApplicationProtocol);
        Assert.Throws<ObjectDisposedException>(() => connection.NegotiatedCipherSuite);
        Assert.Throws<ObjectDisposedException>(() => connection.RemoteCertificate);
        Assert.Throws<ObjectDisposedException>(() => connection.GetStatistics());
        Assert.Throws<ObjectDisposedException>(() => connection.UpdateKeys());
        Assert.Throws<ObjectDisposedException>(() => connection.Close(0));
        Assert.Throws<ObjectDisposedException>(
            () => connection.TryOpenStream(QuicStreamType.Bidirectional, new StreamProbe(), state: null, out _));
        Assert.False(connection.Accept(HandlerPair.ServerConfiguration(), new ConnectionProbe()));
        Assert.False(connection.SetConfiguration(HandlerPair.ServerConfiguration()));
        Assert.False(connection.Reject());
    }

    [Fact]
    public void ADefaultHandleIsStale()
    {
        Assert.False(default(QuicConnectionHandle).IsValid);
        Assert.False(default(QuicConnectionHandle).Post(null));
        Assert.False(default(QuicStreamHandle).IsValid);
        Assert.Throws<ObjectDisposedException>(() => default(QuicStreamHandle).Id);
        Assert.Throws<ObjectDisposedException>(() => default(QuicConnectionHandle).State);
        Assert.Equal(default, default(QuicStreamHandle));
    }

    /// <summary>L32: each of thousands of stale handles, used while the state behind them serves new streams, throws and changes none of them.</summary>
    [Fact]
    public async Task L32_ThousandsOfStaleHandlesReachNoneOfTheStreamsThatReuseTheirState()
    {
        const int rounds = 60;
        const int each = 50;
        var stale = new List<QuicStreamHandle>(rounds * each);
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            server: probe => probe.Stream = (_, _) => new StreamProbe { Data = (stream, data, isEnd) => stream.Write(data, isEnd) },
            client: probe => probe.StreamsAvailable = (_, _, _) => { });

        for (int round = 0; round < rounds; round++)
        {
            var probes = new StreamProbe[each];
            var handles = new QuicStreamHandle[each];
            await OpenAllAsync(pair, round, probes, handles);
            await pair.OnClientAsync(() =>
            {
                foreach (QuicStreamHandle handle in stale)
                {
                    AssertStale(handle);
                }

                for (int i = 0; i < each; i++)
                {
                    Assert.Equal((round, i), handles[i].State);
                    handles[i].Write([(byte)round, (byte)i], completeWrites: true);
                }
            });
            for (int i = 0; i < each; i++)
            {
                await probes[i].WhenClosed;
                Assert.Equal([(byte)round, (byte)i], probes[i].Received);
            }

            stale.AddRange(handles);
        }

        Assert.Equal(rounds * each, stale.Count);
        Assert.Equal(stale.Count, stale.Distinct().Count());
    }

    /// <summary>The peer's allowance comes back a little after each stream has ended.</summary>
    private static async Task OpenAllAsync(HandlerPair pair, int round, StreamProbe[] probes, QuicStreamHandle[] handles)
    {
        int opened = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await pair.OnClientAsync(() =>
        {
            pair.Client.StreamsAvailable = (connection, _, _) => Open();
            Open();
        });
        await all.Task.WaitAsync(HandlerPair.Patience);

        void Open()
        {
            while (opened < probes.Length)
            {
                var probe = new StreamProbe();
                if (!pair.ClientConnection.TryOpenStream(QuicStreamType.Bidirectional, probe, (round, opened), out handles[opened]))
                {
                    return;
                }

                probes[opened++] = probe;
            }

            all.TrySetResult();
        }
    }

    private static void AssertStale(QuicStreamHandle stream)
    {
        Assert.False(stream.IsValid);
        Assert.Throws<ObjectDisposedException>(() => stream.Id);
        Assert.Throws<ObjectDisposedException>(() => stream.Type);
        Assert.Throws<ObjectDisposedException>(() => stream.Connection);
        Assert.Throws<ObjectDisposedException>(() => stream.State);
        Assert.Throws<ObjectDisposedException>(() => SetState(stream));
        Assert.Throws<ObjectDisposedException>(() => stream.WritableBytes);
        Assert.Throws<ObjectDisposedException>(() => stream.Write([1]));
        Assert.Throws<ObjectDisposedException>(() => stream.CompleteWrites());
        Assert.Throws<ObjectDisposedException>(() => stream.Abort(QuicAbortDirection.Both, 1));
        Assert.Throws<ObjectDisposedException>(() => stream.PauseReading());
        Assert.Throws<ObjectDisposedException>(() => stream.ResumeReading());
    }

    private static void SetState(QuicStreamHandle stream) => stream.State = "not yours";
}
