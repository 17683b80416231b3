using System.Net;
using System.Text.Json;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Parameters;

/// <summary>Transport parameters: encoding, limits, senders and defaults, RFC 9000 §7.4 and §18.</summary>
public class TransportParametersTests
{
    private const string Token = "000102030405060708090a0b0c0d0e0f";

    // 192.0.2.1:443, [2001:db8::1]:444
    private const string PreferredEndPoints = "c0000201 01bb 20010db8000000000000000000000001 01bc";

    [Fact]
    public void Tp01_NothingSentGivesTheDefaults()
    {
        TransportParameters parameters = Read("", EndpointRole.Client);
        Assert.Equal(TimeSpan.Zero, parameters.MaxIdleTimeout);
        Assert.Equal(65527, parameters.MaxUdpPayloadSize);
        Assert.Equal(0UL, parameters.InitialMaxData);
        Assert.Equal((0UL, 0UL), (parameters.InitialMaxStreamDataBidiLocal, parameters.InitialMaxStreamDataBidiRemote));
        Assert.Equal(0UL, parameters.InitialMaxStreamDataUni);
        Assert.Equal((0UL, 0UL), (parameters.InitialMaxStreamsBidi, parameters.InitialMaxStreamsUni));
        Assert.Equal(3, parameters.AckDelayExponent);
        Assert.Equal(TimeSpan.FromMilliseconds(25), parameters.MaxAckDelay);
        Assert.False(parameters.DisableActiveMigration);
        Assert.Equal(2, parameters.ActiveConnectionIdLimit);
        Assert.Equal(0, parameters.MaxDatagramFrameSize);
        Assert.False(parameters.GreaseQuicBit);
        Assert.Null(parameters.OriginalDestinationConnectionId);
        Assert.Null(parameters.InitialSourceConnectionId);
        Assert.Null(parameters.RetrySourceConnectionId);
        Assert.Null(parameters.StatelessResetToken);
        Assert.Null(parameters.PreferredAddress);
        Assert.Null(parameters.VersionInformation);
        Assert.Equal(0, new TransportParameters().Length);
    }

    [Theory]
    [InlineData("04")]
    [InlineData("04 02 01")]
    [InlineData("04 ff")]
    [InlineData("04 ffffffffffffffff 00")]
    [InlineData("40")]
    public void Tp01_AMalformedEncodingIsRefused(string hex) => AssertRefused(hex, EndpointRole.Server);

    [Theory]
    [InlineData("04 00")] // no integer
    [InlineData("04 01 40")] // an integer longer than its value
    [InlineData("04 02 01 00")] // something behind the integer
    [InlineData("04 08 0000000000000000")]
    public void Tp04_AnIntegerFillsItsValue(string hex) => AssertRefused(hex, EndpointRole.Server);

    [Fact]
    public void Tp04_AnIntegerMayTakeALongerForm() => Assert.Equal(5UL, Read("04 08 c000000000000005", EndpointRole.Client).InitialMaxData);

    [Theory]
    [InlineData("04 01 05 04 01 05")]
    [InlineData("0c 00 0c 00")]
    [InlineData("0f 01 aa 0f 01 aa")]
    [InlineData("04 01 05 4004 01 05")] // the same identifier in another form
    [InlineData("3b 01 05 3b 01 05")] // unknown
    public void Tp02_ARepeatedParameterIsRefused(string hex) => AssertRefused(hex, EndpointRole.Server);

    [Fact]
    public void Tp03_UnknownParametersAreIgnored()
    {
        Assert.Equal(7UL, Read("1b 03 aabbcc 04 01 07 ffffffffffffffff 00 40ff 02 aabb", EndpointRole.Client).InitialMaxData);
        string many = string.Concat(Enumerable.Range(0, 500).Select(n => $"{0x80010000 + n:x8}00"));
        Assert.Equal(7UL, Read(many + "04 01 07", EndpointRole.Client).InitialMaxData);
    }

    [Fact]
    public void Tp03_AGreasedParameterIsWrittenAndIgnored()
    {
        Seeded.Run(200, random =>
        {
            var grease = GreasedParameter.Create(new SeededRandomSource(random.Next()));
            Assert.True(GreasedParameter.IsReserved(grease.Id));
            Assert.Equal(27UL, grease.Id % 31);
            Assert.Equal(-1, TransportParameterRules.IndexOf((TransportParameterId)grease.Id));
            TransportParameters read = Rewritten(new TransportParameters { InitialMaxData = 9, Grease = grease }, EndpointRole.Client);
            Assert.Equal(9UL, read.InitialMaxData);
        });
        foreach (TransportParameterRule rule in TransportParameterRules.All)
        {
            Assert.False(GreasedParameter.IsReserved((ulong)rule.Id));
        }
    }

    [Theory]
    [InlineData("00 08 0102030405060708")]
    [InlineData("02 10" + Token)]
    [InlineData("0d 2a" + PreferredEndPoints + "01 aa" + Token)]
    [InlineData("10 01 aa")]
    public void Tp05_ServerOnlyParametersAreRefusedFromAClient(string hex)
    {
        AssertRefused(hex, EndpointRole.Client);
        _ = Read(hex, EndpointRole.Server);
    }

    [Fact]
    public void Tp10_OriginalDestinationConnectionIdIsAConnectionId()
    {
        Assert.Equal(Id("0102"), Read("00 02 0102", EndpointRole.Server).OriginalDestinationConnectionId);
        Assert.Equal(ConnectionId.Empty, Read("00 00", EndpointRole.Server).OriginalDestinationConnectionId);
        AssertRefused("00 15" + new string('a', 42), EndpointRole.Server);
    }

    [Fact]
    public void Tp11_MaxIdleTimeoutIsInMillisecondsAndTheShorterOfBothCounts()
    {
        TransportParameters thirtySeconds = Read("01 04 80007530", EndpointRole.Client);
        Assert.Equal(TimeSpan.FromSeconds(30), thirtySeconds.MaxIdleTimeout);
        Assert.Equal(TimeSpan.MaxValue, Read("01 08 ffffffffffffffff", EndpointRole.Client).MaxIdleTimeout);

        var ten = new TransportParameters { MaxIdleTimeout = TimeSpan.FromSeconds(10) };
        var none = new TransportParameters();
        Assert.Equal(TimeSpan.FromSeconds(10), ten.EffectiveIdleTimeout(thirtySeconds));
        Assert.Equal(TimeSpan.FromSeconds(10), thirtySeconds.EffectiveIdleTimeout(ten));
        Assert.Equal(TimeSpan.FromSeconds(10), ten.EffectiveIdleTimeout(none));
        Assert.Equal(TimeSpan.FromSeconds(10), none.EffectiveIdleTimeout(ten));
        Assert.Equal(TimeSpan.Zero, none.EffectiveIdleTimeout(none));

        // Less than a millisecond is not none.
        Assert.Equal(TimeSpan.FromMilliseconds(1), new TransportParameters { MaxIdleTimeout = TimeSpan.FromTicks(1) }.MaxIdleTimeout);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    public void Tp12_StatelessResetTokenHas16Bytes(int length)
    {
        string hex = $"02{length:x2}" + new string('a', 2 * length);
        if (length == 16)
        {
            Assert.True(Read(hex, EndpointRole.Server).StatelessResetToken!.Value.FixedTimeEquals(Hex.Bytes(hex).AsSpan(2)));
        }
        else
        {
            AssertRefused(hex, EndpointRole.Server);
        }
    }

    [Fact]
    public void Tp13_MaxUdpPayloadSizeIsAtLeast1200()
    {
        AssertRefused("03 02 44af", EndpointRole.Client);
        Assert.Equal(1200, Read("03 02 44b0", EndpointRole.Client).MaxUdpPayloadSize);
        Assert.Equal(65527, Read("03 08 ffffffffffffffff", EndpointRole.Client).MaxUdpPayloadSize);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TransportParameters { MaxUdpPayloadSize = 1199 });
    }

    [Fact]
    public void Tp14_InitialMaxDataIsAnyInteger()
    {
        Assert.Equal((1UL << 62) - 1, Read("04 08 ffffffffffffffff", EndpointRole.Client).InitialMaxData);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TransportParameters { InitialMaxData = 1UL << 62 });
    }

    [Fact]
    public void Tp15_Tp16_Tp17_EachKindOfStreamHasItsOwnLimit()
    {
        TransportParameters parameters = Read("05 01 01 06 01 02 07 01 03", EndpointRole.Client);
        Assert.Equal(1UL, parameters.InitialMaxStreamDataBidiLocal);
        Assert.Equal(2UL, parameters.InitialMaxStreamDataBidiRemote);
        Assert.Equal(3UL, parameters.InitialMaxStreamDataUni);
    }

    [Theory]
    [InlineData("08")]
    [InlineData("09")]
    public void Tp18_Tp19_AtMost2To60Streams(string id)
    {
        TransportParameters parameters = Read(id + "08 d000000000000000", EndpointRole.Client);
        Assert.Equal(1UL << 60, id == "08" ? parameters.InitialMaxStreamsBidi : parameters.InitialMaxStreamsUni);
        AssertRefused(id + "08 d000000000000001", EndpointRole.Client);
    }

    [Fact]
    public void Tp20_AckDelayExponentIsAtMost20()
    {
        Assert.Equal(20, Read("0a 01 14", EndpointRole.Client).AckDelayExponent);
        Assert.Equal(0, Read("0a 01 00", EndpointRole.Client).AckDelayExponent);
        AssertRefused("0a 01 15", EndpointRole.Client);
    }

    [Fact]
    public void Tp21_MaxAckDelayIsBelow2To14Milliseconds()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(16383), Read("0b 02 7fff", EndpointRole.Client).MaxAckDelay);
        AssertRefused("0b 04 80004000", EndpointRole.Client);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TransportParameters { MaxAckDelay = TimeSpan.FromMilliseconds(16384) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TransportParameters { MaxAckDelay = TimeSpan.FromMilliseconds(-1) });
    }

    [Fact]
    public void Tp22_DisableActiveMigrationIsEmpty()
    {
        Assert.True(Read("0c 00", EndpointRole.Client).DisableActiveMigration);
        AssertRefused("0c 01 00", EndpointRole.Client);
    }

    [Fact]
    public void Tp23_PreferredAddressHasBothFamiliesAConnectionIdAndItsToken()
    {
        PreferredAddress address = Read("0d 2c" + PreferredEndPoints + "03 aabbcc" + Token, EndpointRole.Server).PreferredAddress!;
        Assert.Equal(IPEndPoint.Parse("192.0.2.1:443"), address.IPv4);
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1]:444"), address.IPv6);
        Assert.Equal(Id("aabbcc"), address.ConnectionId);
        Assert.True(address.StatelessResetToken.FixedTimeEquals(Hex.Bytes(Token)));

        address = Read("0d 2a 00000000 0000 20010db8000000000000000000000001 01bc 01 aa" + Token, EndpointRole.Server).PreferredAddress!;
        Assert.Null(address.IPv4);
        Assert.NotNull(address.IPv6);
    }

    [Theory]
    [InlineData("0d 29" + PreferredEndPoints + "00" + Token)] // an empty connection ID
    [InlineData("0d 3e" + PreferredEndPoints + "15 000102030405060708090a0b0c0d0e0f1011121314" + Token)] // 21 bytes
    [InlineData("0d 29" + PreferredEndPoints + "01 aa 000102030405060708090a0b0c0d0e")] // a token of 15 bytes
    [InlineData("0d 2b" + PreferredEndPoints + "01 aa" + Token + "00")] // a byte too many
    [InlineData("0d 00")]
    [InlineData("0f 00 0d 2a" + PreferredEndPoints + "01 aa" + Token)] // the server's own connection ID is empty
    [InlineData("0d 2a" + PreferredEndPoints + "01 aa" + Token + "0f 00")]
    public void Tp23_AnInvalidPreferredAddressIsRefused(string hex) => AssertRefused(hex, EndpointRole.Server);

    [Fact]
    public void Tp24_ActiveConnectionIdLimitIsAtLeast2()
    {
        AssertRefused("0e 01 01", EndpointRole.Client);
        AssertRefused("0e 01 00", EndpointRole.Client);
        Assert.Equal(2, Read("0e 01 02", EndpointRole.Client).ActiveConnectionIdLimit);
        Assert.Equal(int.MaxValue, Read("0e 08 ffffffffffffffff", EndpointRole.Client).ActiveConnectionIdLimit);
    }

    [Fact]
    public void Tp25_InitialSourceConnectionIdIsAConnectionId()
    {
        Assert.Equal(Id("0102"), Read("0f 02 0102", EndpointRole.Client).InitialSourceConnectionId);
        Assert.Equal(ConnectionId.Empty, Read("0f 00", EndpointRole.Client).InitialSourceConnectionId);
        AssertRefused("0f 15" + new string('a', 42), EndpointRole.Client);
    }

    [Fact]
    public void Tp26_RetrySourceConnectionIdIsAConnectionId() =>
        Assert.Equal(Id("0102"), Read("10 02 0102", EndpointRole.Server).RetrySourceConnectionId);

    [Fact]
    public void Tp27_VersionInformationHasTheChosenVersionAndTheAvailableOnes()
    {
        VersionInformation information = Read("11 10 00000001 6b3343cf 1a2a3a4a 00000001", EndpointRole.Client).VersionInformation!;
        Assert.Equal(QuicVersion.Version1, information.Chosen);
        Assert.Equal([QuicVersion.Version2, (QuicVersion)0x1a2a3a4a, QuicVersion.Version1], information.Available.ToArray());
        Assert.True(information.Offers(QuicVersion.Version2));
    }

    [Theory]
    [InlineData("11 00")]
    [InlineData("11 02 0000")]
    [InlineData("11 07 00000001 000000")]
    [InlineData("11 08 00000000 00000001")] // chosen 0
    [InlineData("11 0c 00000001 00000001 00000000")] // available 0
    public void Vn08_MalformedVersionInformationIsRefused(string hex)
    {
        AssertRefused(hex, EndpointRole.Client);
        AssertRefused(hex, EndpointRole.Server);
    }

    [Fact]
    public void Vn08_AClientOffersTheVersionThatItChose()
    {
        AssertRefused("11 08 00000001 6b3343cf", EndpointRole.Client);
        AssertRefused("11 04 00000001", EndpointRole.Client);
        _ = Read("11 08 00000001 6b3343cf", EndpointRole.Server);
        Assert.Equal(0, Read("11 04 00000001", EndpointRole.Server).VersionInformation!.Available.Length);
    }

    [Fact]
    public void Tp28_MaxDatagramFrameSizeIsAnyInteger()
    {
        Assert.Equal(65535, Read("20 04 8000ffff", EndpointRole.Client).MaxDatagramFrameSize);
        Assert.Equal(int.MaxValue, Read("20 08 ffffffffffffffff", EndpointRole.Client).MaxDatagramFrameSize);
    }

    [Fact]
    public void Tp29_GreaseQuicBitIsEmpty()
    {
        Assert.True(Read("6ab2 00", EndpointRole.Client).GreaseQuicBit);
        AssertRefused("6ab2 01 00", EndpointRole.Client);
    }

    [Fact]
    public void Tp01_WhatWasWrittenIsReadBack()
    {
        TransportParameters written = Everything();
        TransportParameters read = Rewritten(written, EndpointRole.Server);

        // The same bytes, but for the greased parameter, which comes last and is not read.
        Assert.StartsWith(Hex.Of(Bytes(read)), Hex.Of(Bytes(written)), StringComparison.Ordinal);
        Assert.Equal(written.MaxIdleTimeout, read.MaxIdleTimeout);
        Assert.Equal(written.StatelessResetToken, read.StatelessResetToken);
        Assert.Equal(written.PreferredAddress, read.PreferredAddress);
        Assert.Equal(written.RetrySourceConnectionId, read.RetrySourceConnectionId);
        Assert.Equal((1UL, 2UL), (read.InitialMaxStreamDataBidiLocal, read.InitialMaxStreamDataBidiRemote));
        Assert.Equal(3UL, read.InitialMaxStreamDataUni);
    }

    [Fact]
    public void Tp01_TruncationIsRefusedExceptBetweenParameters()
    {
        byte[] bytes = Bytes(Everything());
        var ends = new HashSet<int> { 0 };
        for (int i = 0; i < bytes.Length;)
        {
            i += 1 << (bytes[i] >> 6); // the identifier; every length takes one byte here
            i += 1 + bytes[i];
            ends.Add(i);
        }

        for (int length = 0; length <= bytes.Length; length++)
        {
            ReadOnlySpan<byte> cut = bytes.AsSpan(0, length);
            TransportError? error = TransportParameters.TryRead(cut, EndpointRole.Server, out TransportParameters? read);
            Assert.Equal((length, ends.Contains(length)), (length, error is null));
            Assert.Equal(error is null, read is not null);
        }
    }

    [Fact]
    public void Tp01_BentParametersNeverThrow()
    {
        byte[] valid = Bytes(Everything());
        Seeded.Run(10_000, random =>
        {
            byte[] bytes = random.Next(3) == 0 ? random.NextBytes(random.Next(100)) : (byte[])valid.Clone();
            for (int i = random.Next(1, 5); i > 0 && bytes.Length > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            TransportError? error = TransportParameters.TryRead(bytes, (EndpointRole)random.Next(2), out TransportParameters? read);
            Assert.Equal(error is null, read is not null);
            if (read is not null)
            {
                _ = Rewritten(read, EndpointRole.Server);
            }
        });
    }

    [Fact]
    public void Retry14_TheConnectionIdsAreThoseOfThePackets()
    {
        TransportParameters server = Read("00 02 0102 0f 02 0304", EndpointRole.Server);
        var seen = new HandshakeConnectionIds { Peer = EndpointRole.Server, InitialSource = Id("0304"), OriginalDestination = Id("0102") };
        Assert.Null(server.Authenticate(seen));
        AssertError(server.Authenticate(seen with { InitialSource = Id("0305") }));
        AssertError(server.Authenticate(seen with { OriginalDestination = Id("010200") }));
        AssertError(server.Authenticate(seen with { RetrySource = Id("05") }));

        TransportParameters afterRetry = Read("00 02 0102 0f 02 0304 10 01 05", EndpointRole.Server);
        Assert.Null(afterRetry.Authenticate(seen with { RetrySource = Id("05") }));
        AssertError(afterRetry.Authenticate(seen with { RetrySource = Id("06") }));
        AssertError(afterRetry.Authenticate(seen));

        AssertError(Read("00 02 0102", EndpointRole.Server).Authenticate(seen));
        AssertError(Read("0f 02 0304", EndpointRole.Server).Authenticate(seen));

        // Absent is not the same as empty.
        seen = new HandshakeConnectionIds { Peer = EndpointRole.Client, InitialSource = ConnectionId.Empty };
        Assert.Null(Read("0f 00", EndpointRole.Client).Authenticate(seen));
        AssertError(Read("", EndpointRole.Client).Authenticate(seen));
    }

    [SkippableTheory]
    [InlineData("quic-33")]
    [InlineData("quic-forcing-vn-with-data")]
    [InlineData("quic-v2")]
    [InlineData("quic_0RTT")]
    [InlineData("quic_frags_ch_in_multiple_packets")]
    public void Tp03_TheParametersOfCapturedClientsRead(string capture)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Vectors.Path($"captures/{capture}.json")));
        foreach (JsonElement stream in json.RootElement.GetProperty("reassembled").EnumerateArray())
        {
            TransportParameters parameters = Read(stream.GetProperty("quic_transport_parameters").GetString()!, EndpointRole.Client);
            Assert.NotNull(parameters.InitialSourceConnectionId);
            Assert.NotEqual(0UL, parameters.InitialMaxData);
        }
    }

    private static TransportParameters Everything() => new()
    {
        OriginalDestinationConnectionId = Id("0102030405060708"),
        MaxIdleTimeout = TimeSpan.FromSeconds(30),
        StatelessResetToken = StatelessResetToken.Read(Hex.Bytes(Token)),
        MaxUdpPayloadSize = 1472,
        InitialMaxData = 1 << 20,
        InitialMaxStreamDataBidiLocal = 1,
        InitialMaxStreamDataBidiRemote = 2,
        InitialMaxStreamDataUni = 3,
        InitialMaxStreamsBidi = 100,
        InitialMaxStreamsUni = 101,
        AckDelayExponent = 4,
        MaxAckDelay = TimeSpan.FromMilliseconds(5),
        DisableActiveMigration = true,
        PreferredAddress = new PreferredAddress(
            IPEndPoint.Parse("192.0.2.1:443"), null, Id("aa"), StatelessResetToken.Read(Hex.Bytes(Token))),
        ActiveConnectionIdLimit = 8,
        InitialSourceConnectionId = Id("0304"),
        RetrySourceConnectionId = Id("05"),
        VersionInformation = new VersionInformation(QuicVersion.Version1, [QuicVersion.Version2, QuicVersion.Version1]),
        MaxDatagramFrameSize = 65535,
        GreaseQuicBit = true,
        Grease = GreasedParameter.Create(new SeededRandomSource(1)),
    };

    private static ConnectionId Id(string hex) => new(Hex.Bytes(hex));

    private static TransportParameters Read(string hex, EndpointRole sender)
    {
        Assert.Null(TransportParameters.TryRead(Hex.Bytes(hex), sender, out TransportParameters? parameters));
        return parameters!;
    }

    private static TransportParameters Rewritten(TransportParameters parameters, EndpointRole sender) =>
        Read(Hex.Of(Bytes(parameters)), sender);

    private static byte[] Bytes(TransportParameters parameters)
    {
        byte[] bytes = new byte[parameters.Length];
        Assert.Equal(bytes.Length, parameters.Write(bytes));
        return bytes;
    }

    private static void AssertRefused(string hex, EndpointRole sender)
    {
        AssertError(TransportParameters.TryRead(Hex.Bytes(hex), sender, out TransportParameters? parameters));
        Assert.Null(parameters);
    }

    private static void AssertError(TransportError? error) => Assert.Equal(TransportErrorCode.TransportParameterError, error?.Code);
}
