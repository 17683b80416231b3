using HotQuic.Connections;
using HotQuic.Datagrams;

namespace HotQuic.Tests.Engine;

/// <summary>Datagrams (RFC 9221) through the public API.</summary>
public class DatagramTests
{
    [Fact]
    public async Task ADatagramArrivesAndItsSenderLearnsSo()
    {
        await using Pair pair = await ConnectAsync();
        byte[] sent = [.. Enumerable.Range(0, 1000).Select(each => (byte)each)];
        Task outcome = SendAsync(pair.Client, sent);
        byte[] buffer = new byte[2000];
        int length = await pair.Server.ReceiveDatagramAsync(buffer).AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(sent, buffer[..length]);
        await outcome;
        QuicConnectionStatistics client = pair.Client.GetStatistics();
        Assert.True(client.DatagramsSent >= 1 && client.DatagramsAcknowledged >= 1);
        Assert.Equal(client.DatagramsSent, pair.Server.GetStatistics().DatagramsReceived);
    }

    [Fact]
    public async Task ADatagramMayBeEmpty()
    {
        await using Pair pair = await ConnectAsync();
        await SendAsync(pair.Server, default);
        Assert.Equal(0, await pair.Client.ReceiveDatagramAsync(default).AsTask().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task DatagramsWhoseOutcomeNobodyWantsArriveInOrderOverAQuietPath()
    {
        await using Pair pair = await ConnectAsync();
        for (byte i = 0; i < 200; i++)
        {
            pair.Client.SendDatagram([i]);
        }

        byte[] buffer = new byte[10];
        for (byte i = 0; i < 200; i++)
        {
            Assert.Equal(1, await pair.Server.ReceiveDatagramAsync(buffer).AsTask().WaitAsync(Pair.Patience));
            Assert.Equal(i, buffer[0]);
        }
    }

    /// <summary>RFC 9221 §3: nothing is sent to a peer that did not say how much it takes.</summary>
    [Fact]
    public async Task DatagramsAreOffWhereTheOptionsDoNotTakeThem()
    {
        await using Pair pair = await Pair.ConnectAsync(client: options => options.Transport.MaxDatagramFrameSize = 1000);
        Assert.Equal(0, pair.Client.MaxDatagramSize);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Client.SendDatagramAsync(new byte[1]));
        Assert.Throws<InvalidOperationException>(() => pair.Client.SendDatagram([]));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Server.ReceiveDatagramAsync(new byte[1]));

        // The other direction is on: 1,000 bytes of frame are 997 of data.
        Assert.Equal(997, pair.Server.MaxDatagramSize);
    }

    [Fact]
    public async Task WhatIsTooLargeIsRefusedAtOnceWithTheLimit()
    {
        await using Pair pair = await ConnectAsync();
        int limit = pair.Client.MaxDatagramSize;
        Assert.InRange(limit, 1100, 1452);
        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(async () => await pair.Client.SendDatagramAsync(new byte[5000]));
        Assert.Equal("data", exception.ParamName);
        Assert.Contains(pair.Client.MaxDatagramSize.ToString(System.Globalization.CultureInfo.InvariantCulture), exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => pair.Client.SendDatagram(new byte[5000]));
        await SendAsync(pair.Client, new byte[limit]);
    }

    [Fact]
    public async Task ADatagramThatDoesNotFitTheBufferStays()
    {
        await using Pair pair = await ConnectAsync();
        pair.Client.SendDatagram(new byte[100]);
        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => pair.Server.ReceiveDatagramAsync(new byte[99]).AsTask().WaitAsync(Pair.Patience));
        Assert.Contains("100", exception.Message, StringComparison.Ordinal);
        Assert.Equal(100, await pair.Server.ReceiveDatagramAsync(new byte[100]).AsTask().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task TheOldestAreDroppedWhereNobodyTakesThem()
    {
        await using Pair pair = await ConnectAsync(server: options => options.Transport.DatagramQueueLength = 4);
        for (byte i = 0; i < 10; i++)
        {
            pair.Client.SendDatagram([i]);
        }

        while (pair.Server.GetStatistics().DatagramsReceived < 10)
        {
            await Task.Delay(1);
        }

        Assert.Equal(6, pair.Server.GetStatistics().DatagramsDropped);
        byte[] buffer = new byte[1];
        for (byte i = 6; i < 10; i++)
        {
            Assert.Equal(1, await pair.Server.ReceiveDatagramAsync(buffer).AsTask().WaitAsync(Pair.Patience));
            Assert.Equal(i, buffer[0]);
        }
    }

    [Fact]
    public async Task WhatTheQueueDoesNotHoldIsDiscarded()
    {
        await using Pair pair = await ConnectAsync(client: options => options.Transport.DatagramQueueLength = 3);
        var outcomes = new List<Task<QuicDatagramOutcome>>();

        // All in one turn of the shard, which sends only at its end.
        await pair.Client.Driver.Shard.RunAsync(_ =>
        {
            for (int i = 0; i < 10; i++)
            {
                outcomes.Add(pair.Client.SendDatagramAsync(new byte[10]).AsTask());
            }
        }).WaitAsync(Pair.Patience);
        QuicDatagramOutcome[] all = await Task.WhenAll(outcomes).WaitAsync(Pair.Patience);
        Assert.Equal([.. Enumerable.Repeat(false, 3), .. Enumerable.Repeat(true, 7)], all.Select(each => each == QuicDatagramOutcome.Discarded));
        Assert.Equal(7, pair.Client.GetStatistics().DatagramsDiscarded);
    }

    [Fact]
    public async Task CancellingAReceiveLosesNoDatagram()
    {
        await using Pair pair = await ConnectAsync();
        using var source = new CancellationTokenSource();
        Task<int> receiving = pair.Server.ReceiveDatagramAsync(new byte[10], source.Token).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Server.ReceiveDatagramAsync(new byte[10]));
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.WaitAsync(Pair.Patience));
        Assert.Equal(source.Token, exception.CancellationToken);
        pair.Client.SendDatagram(new byte[7]);
        Assert.Equal(7, await pair.Server.ReceiveDatagramAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task CancellingASendEndsTheWait()
    {
        await using Pair pair = await ConnectAsync();
        using var source = new CancellationTokenSource();
        Task<QuicDatagramOutcome>? sending = null;
        await pair.Client.Driver.Shard.RunAsync(_ =>
        {
            // The shard looks at both messages before it sends anything.
            sending = pair.Client.SendDatagramAsync(new byte[7], source.Token).AsTask();
            source.Cancel();
        }).WaitAsync(Pair.Patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending!.WaitAsync(Pair.Patience));

        // The object behind it serves others now.
        await SendAsync(pair.Client, new byte[8]);
    }

    /// <summary>The callback of an earlier operation's token comes late, when the object behind it serves the next, which nobody cancels.</summary>
    [Fact]
    public async Task ALateCallbackCancelsNeitherTheNextSendNorTheNextReceive()
    {
        await using Pair pair = await ConnectAsync();
        Task<int> receiving = pair.Server.ReceiveDatagramAsync(new byte[10]).AsTask();
        DatagramReceive receive = pair.Server.Awaited.Receiving;
        pair.Server.Post(ConnectionMessageKind.CancelReceiveDatagram, receive, receive.Version);
        DatagramSend send = DatagramSend.Rent(pair.Client, new byte[7], isAwaited: true);
        Task<QuicDatagramOutcome> sending = send.Await(CancellationToken.None).AsTask();
        pair.Client.Post(ConnectionMessageKind.CancelSendDatagram, send, send.Version);
        pair.Client.Post(ConnectionMessageKind.SendDatagram, send, send.Version);
        Assert.Equal(7, await receiving.WaitAsync(Pair.Patience));
        await sending.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task TheEndOfTheConnectionSettlesEverything()
    {
        await using Pair pair = await ConnectAsync();
        await SendAsync(pair.Client, new byte[5]);
        Task<int> receiving = pair.Client.ReceiveDatagramAsync(new byte[10]).AsTask();
        await pair.Client.CloseAsync(9);
        QuicException local = await Assert.ThrowsAsync<QuicException>(() => receiving.WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.OperationAborted, local.QuicError);
        Assert.Equal(QuicDatagramOutcome.Discarded, await pair.Client.SendDatagramAsync(new byte[5]).AsTask().WaitAsync(Pair.Patience));

        // What came before the end is still there; after that the end is.
        long left = pair.Server.GetStatistics().DatagramsReceived;
        for (Assert.True(left > 0); left > 0; left--)
        {
            Assert.Equal(5, await pair.Server.ReceiveDatagramAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience));
        }

        QuicException remote = await Assert.ThrowsAsync<QuicException>(() => pair.Server.ReceiveDatagramAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(9, remote.ApplicationErrorCode);
        await pair.Server.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Server.ReceiveDatagramAsync(new byte[10]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Server.SendDatagramAsync(new byte[10]));
        Assert.Throws<ObjectDisposedException>(() => pair.Server.MaxDatagramSize);
    }

    [Fact]
    public async Task ManySendersOnManyThreadsLoseNoOutcome()
    {
        await using Pair pair = await ConnectAsync();
        Task<int>[] senders = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            int settled = 0;
            for (int i = 0; i < 500; i++)
            {
                QuicDatagramOutcome outcome = await pair.Client.SendDatagramAsync(new byte[i]);
                settled += Enum.IsDefined(outcome) ? 1 : 0;
            }

            return settled;
        }))];
        int[] settled = await Task.WhenAll(senders).WaitAsync(Pair.Patience);
        Assert.All(settled, each => Assert.Equal(500, each));
        QuicConnectionStatistics statistics = pair.Client.GetStatistics();
        Assert.Equal(2000, statistics.DatagramsSent + statistics.DatagramsDiscarded);
    }

    [Fact]
    public async Task ALostDatagramIsReportedAndNotSentAgain()
    {
        await using UdpRelay relay = await UdpRelay.ConnectAsync(client: Take, server: Take);

        // No other packet has this size.
        relay.Drops = length => length is > 700 and < 900;
        Task<QuicDatagramOutcome> lost = relay.Client.SendDatagramAsync(new byte[750]).AsTask();
        Assert.Equal(QuicDatagramOutcome.Lost, await lost.WaitAsync(Pair.Patience));
        Assert.Equal(0, relay.Server.GetStatistics().DatagramsReceived);
        Assert.Equal(1, relay.Client.GetStatistics().DatagramsLost);
    }

    private static Task<Pair> ConnectAsync(Action<QuicServerConnectionOptions>? server = null, Action<QuicClientConnectionOptions>? client = null) => Pair.ConnectAsync(
        server: options =>
        {
            Take(options);
            server?.Invoke(options);
        },
        client: options =>
        {
            Take(options);
            client?.Invoke(options);
        });

    /// <summary>On a busy machine a packet may be declared lost too early: then another is sent.</summary>
    private static async Task SendAsync(QuicConnection connection, ReadOnlyMemory<byte> data)
    {
        QuicDatagramOutcome outcome;
        do
        {
            outcome = await connection.SendDatagramAsync(data).AsTask().WaitAsync(Pair.Patience);
        }
        while (outcome == QuicDatagramOutcome.Lost);
        Assert.Equal(QuicDatagramOutcome.Acknowledged, outcome);
    }

    private static void Take(QuicConnectionOptions options) => options.Transport.MaxDatagramFrameSize = ushort.MaxValue;
}
