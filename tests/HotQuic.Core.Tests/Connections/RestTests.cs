using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>
/// A connection on which nothing happens gives back what only a busy one needs, keeps no timer for it, and is the same as before when
/// something does happen.
/// </summary>
public class RestTests
{
    private static readonly ConnectionSettings Timeless = ConnectionSettings.Default with { IdleTimeout = TimeSpan.Zero };

    [Fact]
    public void AConnectionThatRestsHoldsNeitherCiphersNorRingsNorATimer()
    {
        Pair pair = Rested();
        foreach (SimulatedHost host in new[] { pair.ServerHost, pair.ClientHost })
        {
            ConnectionServices services = host.Endpoint.Services;
            Assert.Equal(1, services.Keys.Outstanding);
            Assert.Equal(0, services.Recovery.Packets.Outstanding + services.Recovery.Frames.Outstanding);
            Assert.Equal(0, services.Buffers.Outstanding);
        }

        Assert.True(pair.Server.OneRtt!.IsResting);
        Assert.Equal(Instant.Never, pair.Server.NextDeadline);
        Assert.Equal(Instant.Never, pair.Client.NextDeadline);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AfterARestDataGoesBothWaysAndTheNextRestComes(bool isClientFirst)
    {
        EndpointRole first = isClientFirst ? EndpointRole.Client : EndpointRole.Server;
        Pair pair = Rested();
        for (int i = 0; i < 3; i++)
        {
            Exchange(pair, first);
            Assert.False(pair.Server.OneRtt!.IsResting);
            pair.Pass(10_000);
            Assert.True(pair.Server.OneRtt.IsResting);
            Assert.True(pair.Client.OneRtt!.IsResting);
        }
    }

    /// <summary>RFC 9001 §6: the secrets are kept, so that keys go on from where they were.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void KeysAreUpdatedBeforeAndAfterARest(bool isByClient)
    {
        EndpointRole updating = isByClient ? EndpointRole.Client : EndpointRole.Server;
        Pair pair = Rested();
        for (int generation = 1; generation <= 4; generation++)
        {
            (Connection connection, SimulatedHost host) = updating == EndpointRole.Client ? (pair.Client, pair.ClientHost) : (pair.Server, pair.ServerHost);
            Assert.True(connection.TryUpdateKeys(pair.Network.Now));
            host.Turn(connection);
            Exchange(pair, updating);
            Assert.Equal((generation, generation), (pair.Client.OneRtt!.SendGeneration, pair.Server.OneRtt!.SendGeneration));
            pair.Pass(10_000);
            Assert.True(pair.Server.OneRtt.IsResting && pair.Client.OneRtt.IsResting);
        }
    }

    /// <summary>RFC 9001 §9.5: the ciphers come back for whatever packet comes, before its header is looked at; and go again.</summary>
    [Fact]
    public void APacketThatDoesNotOpenWakesForAWhile()
    {
        Pair pair = Rested();
        byte[] packet = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, PacketForge.Frame(1), Forgery.None with { IsTagWrong = true });
        pair.Pass(10_000);
        pair.Deliver(EndpointRole.Client, packet);
        Assert.False(pair.Server.OneRtt!.IsResting);
        Assert.True(pair.Server.OneRtt.HasNextReceiveKeys);
        Assert.Equal(1, pair.Server.Statistics.PacketsDropped);
        pair.Pass(10_000);
        Assert.True(pair.Server.OneRtt.IsResting);
    }

    /// <summary>RFC 8446 §4.6, RFC 9001 §6: no client has a handshake message to send any more.</summary>
    [Fact]
    public void Key09_AServerThatRestedRefusesHandshakeMessages()
    {
        Pair pair = Rested();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Crypto(0, [24]));
        Assert.Equal(TerminationKind.LocalTransport, pair.Server.Termination!.Value.Kind);
        Assert.Equal(TransportErrorCode.CryptoErrorBase + (ulong)TlsAlert.UnexpectedMessage, (TransportErrorCode)pair.Server.Termination.Value.Code);
    }

    [Fact]
    public void WhatTheHandshakeAgreedOnIsKnownAfterARest()
    {
        Pair pair = Connected();
        HandshakeFacts before = pair.Server.Handshake.Facts;
        pair.Pass(10_000);
        Assert.Equal(before, pair.Server.Handshake.Facts);
        Assert.Equal("localhost", before.ServerName);
        Assert.True(pair.Server.Handshake.PeerParameters!.DeclaresTheSameAs(pair.Client.LocalTransportParameters!));
        Assert.True(pair.Client.Handshake.PeerParameters!.DeclaresTheSameAs(pair.Server.LocalTransportParameters!));
    }

    /// <summary>A stream that waits for its peer's credit keeps what it has to send over a rest.</summary>
    [Fact]
    public void DataThatTheLimitsHoldBackOutlastsARest()
    {
        Pair pair = Connected(prepare => prepare.ServerHost.Settings = Timeless with
        {
            Streams = new StreamLimits { StreamWindowBidirectionalRemote = 10, MaximumStreamWindow = 10 },
        });
        Assert.True(pair.Client.Streams.TryOpen(StreamDirection.Bidirectional, out StreamId id));
        pair.Client.Streams.Write(id, new byte[30], out _);
        pair.ClientHost.Turn(pair.Client);
        pair.Pass(10_000);
        byte[] buffer = new byte[10];
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(StreamResult.Done, pair.Server.Streams.Read(id, buffer, out StreamRead read));
            Assert.Equal(10, read.Count);
            pair.ServerHost.Turn(pair.Server);
            pair.Pass(10_000);
        }
    }

    /// <summary>What a rest gives back to the shard it takes from there again, but for the memory of its tables.</summary>
    [Fact]
    public void RestingAndWakingAllocateLittle()
    {
        const int times = 50;
        using var pair = new DirectPair(Timeless);
        pair.Connect(TestTls.Client([CipherSuite.Aes128GcmSha256]));
        byte[] data = new byte[64];
        RestAndWake(pair, data, 5);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RestAndWake(pair, data, times);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / times, 0, 1024);
    }

    /// <summary>The budget of a resting connection on the managed heap, its driver and its places in the endpoint's tables aside.</summary>
    [Fact]
    public void ARestingServerConnectionStaysWithinItsBudget()
    {
        const int budget = 4608;
        using var pair = new DirectPair(Timeless);
        pair.Connect(TestTls.Client([CipherSuite.Aes128GcmSha256]));
        Rest(pair);
        Connection connection = pair.Server.Connection!;
        Assert.True(connection.OneRtt!.IsResting);
        HeapCensus census = HeapCensus.Of(IsShared, connection);
        Assert.True(census.Bytes <= budget, $"{census.Bytes} bytes, expected at most {budget}:\n{census.ToTable(1)}");
    }

    private static bool IsShared(object value) => value is ConnectionServices or PacketSpacePool or KeyPool or Core.Recovery.RecoveryMemory
        or StreamBufferPool or StreamStatePool or HandshakePool or RandomSource or IConnectionIdRegistry or StatelessResetKey or ConnectionSettings
        or Core.Recovery.RecoveryOptions or Core.CongestionControl.CongestionOptions or StreamLimits or Core.Parameters.TransportParameters or Delegate
        or SentFrame[] or AssembledPacket[] or string;

    private static Pair Connected(Action<Pair>? prepare = null) => Pair.Connected(pair =>
    {
        pair.ServerHost.Settings = Timeless;
        pair.ClientHost.Settings = Timeless;
        prepare?.Invoke(pair);
    });

    private static Pair Rested()
    {
        Pair pair = Connected();
        pair.Pass(10_000);
        return pair;
    }

    private static void Exchange(Pair pair, EndpointRole first)
    {
        (Connection from, SimulatedHost host, Connection to) = first == EndpointRole.Client
            ? (pair.Client, pair.ClientHost, pair.Server)
            : (pair.Server, pair.ServerHost, pair.Client);
        SimulatedHost other = first == EndpointRole.Client ? pair.ServerHost : pair.ClientHost;
        Assert.True(from.Streams.TryOpen(StreamDirection.Bidirectional, out StreamId id));
        from.Streams.Write(id, "ping"u8, out _);
        from.Streams.Finish(id);
        host.Turn(from);
        pair.Pass(200);
        byte[] buffer = new byte[10];
        Assert.Equal(StreamResult.Done, to.Streams.Read(id, buffer, out StreamRead read));
        Assert.Equal((4, true), (read.Count, read.IsEnd));
        to.Streams.Write(id, "pong!"u8, out _);
        to.Streams.Finish(id);
        other.Turn(to);
        pair.Pass(200);
        Assert.Equal(StreamResult.Done, from.Streams.Read(id, buffer, out read));
        Assert.Equal((5, true), (read.Count, read.IsEnd));
    }

    /// <summary>In small steps, since each goes both ways once: what is in flight at first is acknowledged, and then nothing happens.</summary>
    private static void Rest(DirectPair pair)
    {
        for (int i = 0; i < 1000; i++)
        {
            pair.Turn(TimeSpan.FromMilliseconds(10));
        }
    }

    private static void RestAndWake(DirectPair pair, byte[] data, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Rest(pair);
            Assert.True(pair.Server.Connection!.OneRtt!.IsResting);
            Connection client = pair.Client.Connection!;
            client.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id);
            client.Streams.Write(id, data, out _);
            client.Streams.Finish(id);
            pair.Turn();
            pair.Server.Connection.Streams.Read(id, data, out StreamRead read);
            Assert.True(read.IsEnd);
        }
    }
}
