using System.Diagnostics.Metrics;
using System.Net;
using HotQuic.Core.Packets;
using HotQuic.Options;
using HotQuic.Ports;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Listener;

/// <summary>Who gets in, and what it costs the others (L22, L26, L27, L31), over real sockets.</summary>
[Collection("listener sockets")]
public sealed class AdmissionTests
{
    [Theory]
    [InlineData(QuicIoMode.Auto)]
    [InlineData(QuicIoMode.Sockets)]
    [InlineData(IoModes.Datagrams)]
    public async Task L22_AShardThatHasFallenBehindRefusesAndCounts(QuicIoMode io)
    {
        // Nothing is handled within a ten-millionth of a second of its arrival: every shard counts as late.
        var probe = new ServerProbe();
        await using var server = new QuicServer(
            probe, new QuicServerOptions { IoMode = io, OverloadLimit = TimeSpan.FromTicks(1), OverloadDropLimit = TimeSpan.FromHours(1) });
        server.Start(ServerProbe.Loopback());
        Assert.Equal(2, await ServerProbe.FailureCodeAsync(() => ServerProbe.ConnectAsync(server.LocalEndPoints[0])));
        Assert.Equal((1, 0, 0), (server.GetStatistics().RefusedByLoad, server.GetStatistics().DroppedByLoad, probe.Attempts));
    }

    [Theory]
    [InlineData(QuicIoMode.Auto)]
    [InlineData(QuicIoMode.Sockets)]
    [InlineData(IoModes.Datagrams)]
    public async Task L22_WhereEvenRefusingIsTooDearItIsSilentAndCounts(QuicIoMode io)
    {
        var options = new QuicServerOptions { IoMode = io, OverloadLimit = TimeSpan.FromTicks(1), OverloadDropLimit = TimeSpan.FromTicks(1) };
        await using var server = new QuicServer(new ServerProbe(), options);
        server.Start(ServerProbe.Loopback());
        using var client = new RawClient();
        client.Send(server.LocalEndPoints[0], client.FirstFlight(server.LocalEndPoints[0], Pair.Protocol));
        await ServerProbe.EventuallyAsync(() => server.GetStatistics().DroppedByLoad == 1);
        Assert.False(client.HasReceived);
        Assert.Equal(0, server.GetStatistics().RefusedByLoad);
    }

    /// <summary>L22: a shard that was held up for a while and has caught up since is not behind: who comes then gets in.</summary>
    [Fact]
    public async Task L22_AShardThatHasCaughtUpRefusesNobody()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        await using var server = new QuicServer(engine, new ServerProbe(), new QuicServerOptions { OverloadLimit = TimeSpan.FromMilliseconds(500) });
        server.Start(ServerProbe.Loopback());
        IPEndPoint to = server.LocalEndPoints[0];
        const int late = 50;
        await engine.Shards[0].RunAsync(_ =>
        {
            for (int i = 0; i < late; i++)
            {
                using var client = new RawClient();
                client.Send(to, RawClient.Orphan((byte)i));
            }

            Thread.Sleep(TimeSpan.FromSeconds(2));
        }).WaitAsync(Pair.Patience);
        await ServerProbe.EventuallyAsync(() => server.GetStatistics() is { } seen && seen.StatelessResetsSent + seen.DatagramsDropped == late);
        await using QuicConnection client = await ServerProbe.ConnectAsync(to);
        Assert.Equal(0, server.GetStatistics().RefusedByLoad);
    }

    [Fact]
    public async Task L22_AServerOnTheSamePortThatIsMorePatientIsNotHeldBack()
    {
        var probe = new ServerProbe();
        await using var hasty = new QuicServer(new ServerProbe(), new QuicServerOptions { OverloadLimit = TimeSpan.FromTicks(1) });
        await using var patient = new QuicServer(
            probe, new QuicServerOptions { OverloadLimit = Timeout.InfiniteTimeSpan, OverloadDropLimit = Timeout.InfiniteTimeSpan });
        hasty.Start(ServerProbe.Loopback(0, "hasty"));
        patient.Start(ServerProbe.Loopback(hasty.LocalEndPoints[0].Port));
        await using QuicConnection client = await ServerProbe.ConnectAsync(patient.LocalEndPoints[0]);
        Assert.Equal(1, probe.Attempts);
    }

    [Fact]
    public async Task L26_ZeroMeansAlwaysAndTheEventTells()
    {
        var probe = new ServerProbe();
        await using var server = new QuicServer(probe, new QuicServerOptions { RetryMemoryFraction = 0 });
        server.Start(ServerProbe.Loopback());
        await using QuicConnection client = await ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        Assert.True(client.GetStatistics().UsedRetry);
        await ServerProbe.EventuallyAsync(() => probe.Events.Contains("retry on"));
        QuicListenerStatistics counted = server.GetStatistics();
        Assert.Equal((1, 1, true), (counted.RetriesSent, counted.RetryModeStarts, counted.IsRetryModeOn));
    }

    [Fact]
    public async Task L26_RetryBeginsWhereUnfinishedHandshakesHoldTooMuchAndEndsWithThem()
    {
        // Room for four handshakes.
        using QuicEngine engine = AddressFilterTests.OneShard(
            options => options with { AvailableMemory = 100L * HandshakeMemory.BytesPerHandshake });
        var held = new List<QuicConnectionHandle>();
        var probe = new ServerProbe { Attempt = attempt => held.Add(attempt.Connection) };
        await using var server = new QuicServer(engine, probe, new QuicServerOptions { RetryMemoryFraction = 0.04 });
        server.Start(ServerProbe.Loopback());
        IPEndPoint to = server.LocalEndPoints[0];
        var clients = new List<RawClient>();
        for (int i = 1; i <= 5; i++)
        {
            var client = new RawClient();
            clients.Add(client);
            client.Send(to, client.FirstFlight(to, Pair.Protocol));
            await ServerProbe.EventuallyAsync(() => probe.Attempts == i);
        }

        Assert.DoesNotContain("retry on", probe.Events);
        using (var late = new RawClient())
        {
            late.Send(to, late.FirstFlight(to, Pair.Protocol));
            byte[] answer = (await late.ReceiveAsync()).Bytes;
            Assert.Equal(0xf0, answer[0] & 0xf0);
        }

        Assert.Equal((5, 1, true), (probe.Attempts, server.GetStatistics().RetriesSent, server.GetStatistics().IsRetryModeOn));
        foreach (QuicConnectionHandle attempt in held.ToArray())
        {
            Assert.True(attempt.Reject());
        }

        await ServerProbe.EventuallyAsync(() => probe.Events.Contains("retry off"));
        Assert.False(server.GetStatistics().IsRetryModeOn);
        await ServerProbe.EventuallyAsync(() => engine.Handshakes.Count == 0);
        clients.ForEach(client => client.Dispose());
    }

    [Theory]
    [InlineData(QuicAddressCheck.Retry)]
    [InlineData(QuicAddressCheck.Refuse)]
    public async Task L26_TheHandlerDecidesForEachAttemptBeforeAnythingIsKept(QuicAddressCheck wish)
    {
        int asked = 0;
        var probe = new ServerProbe
        {
            Initial = initial =>
            {
                Assert.Equal(1U, initial.Version);
                asked++;
                return initial.IsAddressValidated ? QuicAddressCheck.Default : wish;
            },
        };
        using QuicEngine engine = AddressFilterTests.OneShard();
        await using var server = new QuicServer(engine, probe, null);
        server.Start(ServerProbe.Loopback());
        if (wish == QuicAddressCheck.Retry)
        {
            await using QuicConnection client = await ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
            Assert.True(client.GetStatistics().UsedRetry);
            Assert.Equal(2, asked);
        }
        else
        {
            Assert.Equal(2, await ServerProbe.FailureCodeAsync(() => ServerProbe.ConnectAsync(server.LocalEndPoints[0])));
            Assert.Equal((0, 1), (probe.Attempts, server.GetStatistics().ConnectionsRejected));
        }
    }

    [Fact]
    public async Task L26_AnAttemptThatTheHandlerDropsIsNotAnswered()
    {
        var probe = new ServerProbe { Initial = _ => QuicAddressCheck.Drop };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        using var client = new RawClient();
        client.Send(server.LocalEndPoints[0], client.FirstFlight(server.LocalEndPoints[0], Pair.Protocol));
        await ServerProbe.EventuallyAsync(() => server.GetStatistics().DatagramsDropped == 1);
        Assert.False(client.HasReceived);
    }

    [Fact]
    public async Task L26_WhereListenersOfAPortDisagreeTheMildestAnswerCounts()
    {
        await using var closed = new QuicServer(new ServerProbe { Initial = _ => QuicAddressCheck.Drop });
        await using var careful = new QuicServer(new ServerProbe { Initial = _ => QuicAddressCheck.Retry });
        await using var failing = new QuicServer(new ServerProbe { Initial = _ => throw new NotSupportedException("not today") });
        closed.Start(ServerProbe.Loopback(0, "closed"));
        int port = closed.LocalEndPoints[0].Port;
        careful.Start(ServerProbe.Loopback(port, "careful"));
        failing.Start(ServerProbe.Loopback(port, "failing"));
        await using QuicConnection client = await ServerProbe.ConnectAsync(closed.LocalEndPoints[0], "closed");
        Assert.True(client.GetStatistics().UsedRetry);
    }

    [Fact]
    public async Task L27_AnEngineTakesTheRetryTokensOfAnotherThatSharesItsSecret()
    {
        byte[] secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        using QuicEngine one = AddressFilterTests.OneShard(options => options with { TokenSecret = secret });
        using QuicEngine other = AddressFilterTests.OneShard(options => options with { TokenSecret = secret });
        using QuicEngine stranger = AddressFilterTests.OneShard();
        foreach ((QuicEngine second, bool isShared) in new[] { (other, true), (stranger, false) })
        {
            var probe = new ServerProbe();
            await using var first = new QuicServer(one, new ServerProbe(), new QuicServerOptions { RetryMode = QuicRetryMode.Always });
            await using var next = new QuicServer(second, probe, new QuicServerOptions { RetryMode = QuicRetryMode.Always });
            first.Start(ServerProbe.Loopback());
            next.Start(ServerProbe.Loopback());

            // A balancer sends the client's second Initial to another member of the fleet.
            using var client = new RawClient();
            client.Send(first.LocalEndPoints[0], client.FirstFlight(first.LocalEndPoints[0], Pair.Protocol));
            await client.ReceiveIntoConnectionAsync();
            client.Send(next.LocalEndPoints[0], client.Transmit());
            if (isShared)
            {
                await ServerProbe.EventuallyAsync(() => probe.Attempts == 1);
            }
            else
            {
                await ServerProbe.EventuallyAsync(() => next.GetStatistics().InvalidTokens == 1);
                Assert.Equal(0, probe.Attempts);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task L27_AClientGetsATokenForItsNextConnectionWhereTheServerOffersThem(bool isOffered)
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        var probe = new ServerProbe();
        await using var server = new QuicServer(engine, probe, new QuicServerOptions { OffersTokens = isOffered });
        server.Start(ServerProbe.Loopback());
        await using QuicConnection client = await QuicConnection.ConnectOnAsync(engine, Pair.ClientOptions(server.LocalEndPoints[0]), CancellationToken.None);
        bool has = false;
        await ServerProbe.EventuallyAsync(() =>
        {
            bool isSettled = false;
            engine.Shards[0].RunAsync(shard =>
            {
                // The token comes with HANDSHAKE_DONE: once the client's handshake is confirmed, it is there or it is not.
                Core.Connections.Connection connection = shard.Connections.Single(driver => driver.Core.Role == EndpointRole.Client).Core;
                (isSettled, has) = (connection.Handshake.IsConfirmed, !connection.NewToken.IsEmpty);
            }).Wait(Pair.Patience);
            return isSettled;
        });
        Assert.Equal(isOffered, has);
    }

    [Fact]
    public async Task L31_TheNumbersCanBeReadAtAnyTimeAndAreExported()
    {
        var measured = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "HotQuic")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            measured[tags.IsEmpty ? instrument.Name : $"{instrument.Name} {tags[0].Value}"] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => measured[instrument.Name] = value);
        listener.Start();

        var probe = new ServerProbe();
        await using var server = new QuicServer(probe);
        Assert.Equal(default, server.GetStatistics());
        server.Start(ServerProbe.Loopback());
        IPEndPoint to = server.LocalEndPoints[0];
        listener.RecordObservableInstruments();
        long accepted = measured["hotquic.listener.connections.accepted"];
        long resets = measured["hotquic.listener.stateless_resets"];
        using (var client = new RawClient())
        {
            client.Send(to, RawClient.UnknownVersion(1), RawClient.Orphan(2), RawClient.Orphan(2), [0x40]);
            await using QuicConnection connection = await ServerProbe.ConnectAsync(to);
            await ServerProbe.EventuallyAsync(() => server.GetStatistics() is
            {
                ConnectionsAccepted: 1, VersionNegotiationsSent: 1, StatelessResetsSent: 1, DatagramsRateLimited: 1, DatagramsMalformed: 1, DatagramsDropped: 2,
            }, () => server.GetStatistics().ToString());
        }

        listener.RecordObservableInstruments();
        Assert.True(measured["hotquic.listener.connections.accepted"] >= accepted + 1);
        Assert.True(measured["hotquic.listener.stateless_resets"] >= resets + 1);
        Assert.True(measured["hotquic.listener.datagrams.dropped rate_limited"] >= 1);
        Assert.True(measured["hotquic.listener.ports"] >= 1);

        // They stay after a stop, and go on with the next start.
        await server.StopAsync();
        Assert.Equal(1, server.GetStatistics().ConnectionsAccepted);
        server.Start(ServerProbe.Loopback());
        await using QuicConnection again = await ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        await ServerProbe.EventuallyAsync(() => server.GetStatistics() is { ConnectionsAccepted: 2, StatelessResetsSent: 1 });
    }

    [Fact]
    public async Task L31_TheAwaitedListenerHasTheSameNumbers()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Assert.Equal(0x178, await ServerProbe.FailureCodeAsync(() => ServerProbe.ConnectAsync(pair.Listener.LocalEndPoint, "unknown")));
        QuicListenerStatistics counted = pair.Listener.GetStatistics();
        Assert.Equal((1, 1, 0, 0), (counted.ConnectionsAccepted, counted.NoApplicationProtocol, counted.NoAddress, counted.HandshakesInProgress));
    }
}
