using System.Net;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Time;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Endpoints;

/// <summary>What a server under attack does not answer, and how seldom it answers the rest (behaviours L4, L27 to L30).</summary>
public sealed class StrangerTests
{
    public static TheoryData<int> ReflectionPorts => [0, 17, 19, 53, 111, 123, 137, 138, 161, 389, 500, 1900, 5353, 11211];

    [Theory]
    [InlineData((int)DropReason.NoListener)]
    [InlineData((int)DropReason.NoAddress)]
    public void L4_L16_WhereNobodyListensNothingIsAnswered(int absence)
    {
        var pair = new Pair();
        pair.ServerHost.Absence = (DropReason)absence;
        pair.ServerHost.Admission = AdmissionVerdict.Retry;
        byte[][] datagrams = [LongHeader((QuicVersion)0x1a2a3a4a, 1), ShortHeader(1), FirstInitial(pair)];
        foreach (byte[] datagram in datagrams)
        {
            DatagramResult result = pair.DeliverToServer(datagram, pair.ClientHost.Address);
            Assert.Equal((DatagramOutcome.Dropped, (DropReason)absence), (result.Outcome, result.Reason));
        }

        Assert.Equal(3, pair.ServerHost.Endpoint.Statistics.DropsFor((DropReason)absence));
        Assert.DoesNotContain(pair.Wire, datagram => datagram.From == pair.ServerHost.Address);
    }

    [Fact]
    public void L22_WhereEvenRefusingIsTooDearTheAttemptIsDropped()
    {
        var pair = new Pair();
        pair.ServerHost.Admission = AdmissionVerdict.Shed;
        DatagramResult result = pair.DeliverToServer(FirstInitial(pair), pair.ClientHost.Address);
        Assert.Equal((DatagramOutcome.Dropped, DropReason.Overload), (result.Outcome, result.Reason));
    }

    [Fact]
    public void L26_AnAttemptThatTheApplicationWantsDroppedIsDropped()
    {
        var pair = new Pair();
        pair.ServerHost.Admission = AdmissionVerdict.Drop;
        DatagramResult result = pair.DeliverToServer(FirstInitial(pair), pair.ClientHost.Address);
        Assert.Equal((DatagramOutcome.Dropped, DropReason.NotAdmitted), (result.Outcome, result.Reason));
    }

    [Fact]
    public void L28_OneAnswerToOneConnectionIdIn100Milliseconds()
    {
        var pair = new Pair();
        foreach (byte[] datagram in (byte[][])[LongHeader((QuicVersion)0x1a2a3a4a, 1), ShortHeader(2)])
        {
            Assert.Equal(DatagramOutcome.Answered, pair.DeliverToServer(datagram, pair.ClientHost.Address).Outcome);
            Assert.Equal(DropReason.RateLimited, pair.DeliverToServer(datagram, pair.ClientHost.Address).Reason);
            pair.Pass(99);
            Assert.Equal(DropReason.RateLimited, pair.DeliverToServer(datagram, pair.ClientHost.Address).Reason);
            pair.Pass(2);
            Assert.Equal(DatagramOutcome.Answered, pair.DeliverToServer(datagram, pair.ClientHost.Address).Outcome);
        }
    }

    [Fact]
    public void L28_AnotherConnectionIdAddressOrPortIsAnsweredAtOnce()
    {
        var pair = new Pair();
        byte[] datagram = ShortHeader(1);
        PathAddress[] from = [Pair.Address(9), Pair.Address(10), PathAddress.From(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 4434))];
        Assert.All(from, address => Assert.Equal(DatagramOutcome.Answered, pair.DeliverToServer(datagram, address).Outcome));
        Assert.Equal(DatagramOutcome.Answered, pair.DeliverToServer(ShortHeader(2), from[0]).Outcome);
    }

    [Fact]
    public void L28_TheBurstLetsANatFullOfClientsInAndTheRestWaits()
    {
        var limiter = new ResponseLimiter(hashKey: 5, perSecond: 1000, burst: 2000);
        int granted = 0;
        for (int client = 0; client < 3000; client++)
        {
            granted += limiter.TryTake(PathAddress.From(new IPEndPoint(IPAddress.Loopback, 1024 + client)), BitConverter.GetBytes((long)client), default) ? 1 : 0;
        }

        Assert.Equal(2000, granted);
        var second = new Instant(TimeSpan.TicksPerSecond);
        Assert.True(limiter.TryTake(PathAddress.From(new IPEndPoint(IPAddress.Loopback, 9)), [1, 1], second));

        // Another network is not held to account for it.
        Assert.True(limiter.TryTake(PathAddress.From(new IPEndPoint(IPAddress.Parse("127.9.9.9"), 9)), [1, 1], default));
    }

    [Fact]
    public void L28_TheTablesDoNotGrowWithWhoSends()
    {
        var limiter = new ResponseLimiter(hashKey: 5, perSecond: 1000, burst: 2000);
        Take(limiter, 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20_000; i++)
        {
            Take(limiter, (uint)i);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Take(ResponseLimiter limiter, uint number)
        {
            Span<byte> bytes = stackalloc byte[4];
            BitConverter.TryWriteBytes(bytes, number);
            limiter.TryTake(PathAddress.FromIPv4(bytes, 7), bytes, default);
        }
    }

    [Fact]
    public void L29_VersionNegotiationCarriesOneReservedVersion()
    {
        var pair = new Pair();
        pair.DeliverToServer(LongHeader((QuicVersion)0x1a2a3a4a, 1), pair.ClientHost.Address);
        Assert.True(VersionNegotiationPacket.TryRead(pair.Wire[0].Bytes, out VersionNegotiationPacket packet));
        int reserved = 0;
        for (int i = 0; i < packet.VersionCount; i++)
        {
            reserved += ((uint)packet[i] & 0x0f0f0f0f) == 0x0a0a0a0a ? 1 : 0;
        }

        Assert.Equal(1, reserved);
    }

    [Fact]
    public void L29_ResetsVaryInLengthAndAreShorterThanWhatTheyAnswer()
    {
        var pair = new Pair();
        for (byte i = 0; i < 40; i++)
        {
            pair.DeliverToServer(ShortHeader(i), pair.ClientHost.Address);
        }

        int[] lengths = [.. pair.Wire.Select(datagram => datagram.Bytes.Length)];
        Assert.Equal(40, lengths.Length);
        Assert.All(lengths, length => Assert.InRange(length, 21, ShortHeader(0).Length - 1));
        Assert.True(lengths.Distinct().Count() > 3);
    }

    [Fact]
    public void L29_LongHeadersAreNeverAnsweredWithAReset()
    {
        var pair = new Pair();
        byte[] handshake = LongHeader(QuicVersion.Version1, 1);
        handshake[0] = 0xe0;
        handshake[20] = 0x44;
        Assert.Equal(DatagramOutcome.Dropped, pair.DeliverToServer(handshake, pair.ClientHost.Address).Outcome);
        Assert.Empty(pair.Wire);
    }

    [Theory]
    [MemberData(nameof(ReflectionPorts))]
    public void L30_ReflectionTargetsAreNotAnswered(int port)
    {
        var pair = new Pair();
        byte[] initial = FirstInitial(pair);
        pair.Wire.Clear();
        PathAddress from = PathAddress.From(new IPEndPoint(IPAddress.Parse("127.0.0.2"), port));
        foreach (byte[] datagram in (byte[][])[LongHeader((QuicVersion)0x1a2a3a4a, 1), ShortHeader(1), initial])
        {
            Assert.Equal(DropReason.ReflectionPort, pair.DeliverToServer(datagram, from).Reason);
        }

        Assert.Empty(pair.Wire);
    }

    [Fact]
    public void L30_AFirstDestinationBelow8BytesIsDropped()
    {
        var pair = new Pair();
        for (byte length = 0; length < 8; length++)
        {
            byte[] initial = new byte[1200];
            initial[0] = 0xc0;
            initial[4] = 1;
            initial[5] = length;

            // No source ID, no token, and a Length that leaves nothing over.
            initial[8 + length] = 0x40 | (1100 >> 8);
            initial[9 + length] = 1100 & 0xff;
            Assert.Equal(DropReason.InitialConnectionIdTooShort, pair.DeliverToServer(initial, pair.ClientHost.Address).Reason);
        }
    }

    [Fact]
    public void L27_ServersThatShareASecretTakeOneAnothersTokensForTwoPeriods()
    {
        var options = new TokenOptions();
        Assert.Equal(TimeSpan.FromSeconds(30), options.RetryPeriod);
        byte[] secret = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        using var one = new TokenProtector(options, new SeededRandom(1), secret);
        using var other = new TokenProtector(options, new SeededRandom(2), secret);
        using var stranger = new TokenProtector(options, new SeededRandom(3), new byte[32]);
        PathAddress own = Pair.Address(2);
        byte[] token = new byte[TokenProtector.MaxLength];
        var content = new TokenContent(TokenKind.Retry, new ConnectionId([1, 2, 3, 4, 5, 6, 7, 8]), new ConnectionId([8, 7, 6, 5]));
        token = token[..one.Write(token, content, own, default)];

        Assert.Equal(TokenVerdict.Valid, other.Read(token, own, new Instant(0), out TokenContent read));
        Assert.Equal(content, read);
        Assert.Equal(TokenVerdict.Valid, other.Read(token, own, default(Instant) + TimeSpan.FromSeconds(59), out _));
        Assert.Equal(TokenVerdict.InvalidRetry, other.Read(token, own, default(Instant) + TimeSpan.FromSeconds(60), out _));
        Assert.Equal(TokenVerdict.InvalidRetry, other.Read(token, Pair.Address(3), default, out _));
        Assert.Equal(TokenVerdict.InvalidRetry, other.Read(token, PathAddress.From(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 9)), default, out _));
        Assert.Equal(TokenVerdict.InvalidRetry, stranger.Read(token, own, default, out _));
    }

    /// <summary>The datagram that a client begins with; it does not reach the server.</summary>
    private static byte[] FirstInitial(Pair pair)
    {
        pair.Filter = _ => false;
        pair.Connect();
        pair.Filter = null;
        return pair.Wire[^1].Bytes;
    }

    private static byte[] LongHeader(QuicVersion version, byte id)
    {
        byte[] bytes = new byte[1200];
        bytes[0] = 0xc0;
        bytes[1] = (byte)((uint)version >> 24);
        bytes[2] = (byte)((uint)version >> 16);
        bytes[3] = (byte)((uint)version >> 8);
        bytes[4] = (byte)version;
        bytes[5] = 8;
        bytes.AsSpan(6, 8).Fill(id);
        return bytes;
    }

    private static byte[] ShortHeader(byte id)
    {
        byte[] bytes = new byte[100];
        bytes.AsSpan().Fill(id);
        bytes[0] = 0x41;
        return bytes;
    }
}
