using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using static HotQuic.Simulation.BadInput.RawHandshake;

namespace HotQuic.Simulation.BadInput;

/// <summary>Transport parameters that must not be, from either role, ending the handshake with TRANSPORT_PARAMETER_ERROR (RFC 9000 §7.4, §18.2).</summary>
public class TransportParameterTests
{
    private static readonly (string Name, byte[] Bytes)[] Invalid =
    [
        ("Tp_AckDelayExponentOneTooLarge", Integer(TransportParameterId.AckDelayExponent, 21)),
        ("Tp_MaxAckDelayOneTooLarge", Integer(TransportParameterId.MaxAckDelay, 1 << 14)),
        ("Tp_MaxUdpPayloadSizeOneTooSmall", Integer(TransportParameterId.MaxUdpPayloadSize, 1199)),
        ("Tp_ActiveConnectionIdLimitOneTooSmall", Integer(TransportParameterId.ActiveConnectionIdLimit, 1)),
        ("Tp_OneBidirectionalStreamTooMany", Integer(TransportParameterId.InitialMaxStreamsBidi, (1UL << 60) + 1)),
        ("Tp_OneUnidirectionalStreamTooMany", Integer(TransportParameterId.InitialMaxStreamsUni, (1UL << 60) + 1)),
        ("Tp_Repeated", [.. Integer(TransportParameterId.InitialMaxData, 1), .. Integer(TransportParameterId.InitialMaxData, 1)]),
        ("Tp_AnUnknownOneRepeated", [.. Integer((TransportParameterId)0x1234, 1), .. Integer((TransportParameterId)0x1234, 1)]),
        ("Tp_AnIntegerThatIsEmpty", Parameter(TransportParameterId.InitialMaxData)),
        ("Tp_BytesBehindAnInteger", Parameter(TransportParameterId.InitialMaxData, 1, 1)),
        ("Tp_AnIntegerCutShort", Parameter(TransportParameterId.InitialMaxData, 0x40)),
        ("Tp_AFlagWithAValue", Parameter(TransportParameterId.DisableActiveMigration, 1)),
        ("Tp_LengthBeyondTheEnd", [.. RawPacket.Frame((ulong)TransportParameterId.InitialMaxData, 5), 1]),
        ("Tp_OnlyAnId", RawPacket.Frame((ulong)TransportParameterId.InitialMaxData)),
        ("Tp_ASecondSourceConnectionId", Parameter(TransportParameterId.InitialSourceConnectionId, 1, 2, 3)),
        ("Tp_VersionInformationOfNoVersion", Parameter(TransportParameterId.VersionInformation, 0, 0, 0, 1, 0)),
    ];

    private static readonly (string Name, byte[] Bytes)[] ServerOnly =
    [
        ("Tp_OriginalDestinationConnectionId", Parameter(TransportParameterId.OriginalDestinationConnectionId, 1, 2, 3, 4, 5, 6, 7, 8)),
        ("Tp_StatelessResetToken", Parameter(TransportParameterId.StatelessResetToken, new byte[16])),
        ("Tp_RetrySourceConnectionId", Parameter(TransportParameterId.RetrySourceConnectionId, 1, 2, 3, 4)),
        ("Tp_PreferredAddress", Parameter(TransportParameterId.PreferredAddress, [.. new byte[24], 4, 1, 2, 3, 4, .. new byte[16]])),
    ];

    private static readonly (string Name, byte[] Bytes)[] InvalidOfAServer =
    [
        ("Tp_AResetTokenOneByteShort", Parameter(TransportParameterId.StatelessResetToken, new byte[15])),
        ("Tp_AResetTokenOneByteLong", Parameter(TransportParameterId.StatelessResetToken, new byte[17])),
        ("Tp_APreferredAddressCutShort", Parameter(TransportParameterId.PreferredAddress, new byte[40])),
        ("Tp_APreferredAddressWithoutConnectionId", Parameter(TransportParameterId.PreferredAddress, [.. new byte[24], 0, .. new byte[16]])),
        ("Tp_ARetrySourceWithoutRetry", Parameter(TransportParameterId.RetrySourceConnectionId, 1, 2, 3, 4)),
    ];

    public static TheoryData<string> NamesFromClients => [.. Invalid.Concat(ServerOnly).Select(c => c.Name)];

    public static TheoryData<string> NamesFromServers => [.. Invalid.Concat(InvalidOfAServer).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(NamesFromClients))]
    public void FromAClient(string name)
    {
        var arena = new Arena();
        byte[] bytes = Invalid.Concat(ServerOnly).Single(c => c.Name == name).Bytes;
        Connection victim = SendToServer(arena, ClientHello(ClientParameters(bytes)));
        ExpectRefused(arena, victim);
    }

    [Theory]
    [MemberData(nameof(NamesFromServers))]
    public void FromAServer(string name)
    {
        byte[] bytes = Invalid.Concat(InvalidOfAServer).Single(c => c.Name == name).Bytes;
        FromServer(client => ServerParameters(client, bytes));
    }

    [Fact]
    public void Tp_AClientsSourceConnectionIdIsMissing()
    {
        var arena = new Arena();
        ExpectRefused(arena, SendToServer(arena, ClientHello([])));
    }

    [Fact]
    public void Tp_AClientsSourceConnectionIdIsAnother()
    {
        var arena = new Arena();
        byte[] parameters = Encode(new TransportParameters { InitialSourceConnectionId = ServerSource });
        ExpectRefused(arena, SendToServer(arena, ClientHello(parameters)));
    }

    [Fact]
    public void Tp_AServersOriginalDestinationIsMissing() =>
        FromServer(_ => Encode(new TransportParameters { InitialSourceConnectionId = ServerSource }));

    [Fact]
    public void Tp_AServersOriginalDestinationIsAnother() => FromServer(_ => Encode(new TransportParameters
    {
        InitialSourceConnectionId = ServerSource,
        OriginalDestinationConnectionId = ServerSource,
    }));

    [Fact]
    public void Tp_AServersSourceConnectionIdIsAnother() => FromServer(client => Encode(new TransportParameters
    {
        InitialSourceConnectionId = ClientSource,
        OriginalDestinationConnectionId = client.Attempt.OriginalDestinationId,
    }));

    /// <summary>VN-10, VN-11: version 1 is in use, as every packet says.</summary>
    [Fact]
    public void Vn_AnotherVersionThanTheOneInUseWasChosen()
    {
        byte[] second = Parameter(TransportParameterId.VersionInformation, 0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf);
        var arena = new Arena();
        ExpectRefused(arena, SendToServer(arena, ClientHello(ClientParameters(second))), TransportErrorCode.VersionNegotiationError);
        FromServer(client => ServerParameters(client, second), TransportErrorCode.VersionNegotiationError);
    }

    /// <summary>A client that would rather speak version 2 (RFC 9369 §4), and lists a reserved version too, is served in the version that it begins with.</summary>
    [Fact]
    public void Vn_OtherVersionsThatAreAvailableDoNoHarm()
    {
        byte[] several = Parameter(
            TransportParameterId.VersionInformation, 0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 1, 0x1a, 0x2a, 0x3a, 0x4a);
        var arena = new Arena();
        Assert.Null(SendToServer(arena, ClientHello(ClientParameters(several))).Termination);
        arena.ExpectOthersServed();
        FromServer(client => ServerParameters(client, several), isValid: true);
    }

    /// <summary>Extreme values are values: sums and products of them must not overflow.</summary>
    [Fact]
    public void Tp_TheLargestValuesOfAllAreTaken()
    {
        const ulong largest = (1UL << 62) - 1;
        byte[] extremes =
        [
            .. Integer(TransportParameterId.MaxIdleTimeout, largest), .. Integer(TransportParameterId.MaxUdpPayloadSize, largest),
            .. Integer(TransportParameterId.InitialMaxData, largest), .. Integer(TransportParameterId.InitialMaxStreamDataBidiLocal, largest),
            .. Integer(TransportParameterId.InitialMaxStreamDataBidiRemote, largest), .. Integer(TransportParameterId.InitialMaxStreamDataUni, largest),
            .. Integer(TransportParameterId.InitialMaxStreamsBidi, 1UL << 60), .. Integer(TransportParameterId.InitialMaxStreamsUni, 1UL << 60),
            .. Integer(TransportParameterId.AckDelayExponent, 20), .. Integer(TransportParameterId.MaxAckDelay, (1 << 14) - 1),
            .. Integer(TransportParameterId.ActiveConnectionIdLimit, largest), .. Integer(TransportParameterId.MaxDatagramFrameSize, largest),
        ];
        foreach (TimeSpan idle in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(30) })
        {
            var server = new Arena(settings: new ConnectionSettings { IdleTimeout = idle });
            Assert.Null(SendToServer(server, ClientHello(ClientParameters(extremes))).Termination);
            server.ExpectOthersServed();
            server.ExpectNothingLeft();

            Arena client = FromServer(connection => ServerParameters(connection, extremes), isValid: true, idle);
            client.ExpectNothingLeft();
        }
    }

    private static Arena FromServer(Func<Connection, byte[]> parameters, bool isValid = false, TimeSpan idle = default) =>
        FromServer(parameters, isValid ? null : TransportErrorCode.TransportParameterError, idle);

    private static Arena FromServer(Func<Connection, byte[]> parameters, TransportErrorCode? code, TimeSpan idle = default)
    {
        var arena = new Arena(EndpointRole.Server, new ConnectionSettings { IdleTimeout = idle });
        byte[]? datagram = null;
        arena.Network.Filter = d =>
        {
            datagram ??= d.Bytes;
            return false;
        };
        Connection client = arena.Client.Connect(arena.Server);
        Answer(arena, client, ClientHelloOf(client, datagram!), parameters(client));
        if (code is null)
        {
            Assert.Null(client.Termination);
            Assert.True(client.Handshake.IsComplete);
            arena.ExpectOthersServed();
        }
        else
        {
            ExpectRefused(arena, client, code.Value);
        }

        return arena;
    }

    private static void ExpectRefused(Arena arena, Connection victim, TransportErrorCode code = TransportErrorCode.TransportParameterError)
    {
        Assert.Equal((ulong)code, victim.Termination?.Code);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }
}
