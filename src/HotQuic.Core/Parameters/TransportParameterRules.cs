using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Parameters;

/// <summary>What the value of a transport parameter looks like.</summary>
internal enum TransportParameterKind : byte
{
    /// <summary>One variable-length integer, and nothing behind it.</summary>
    Integer,

    /// <summary>Nothing: being there is the value.</summary>
    Flag,

    /// <summary>0 to 20 bytes.</summary>
    ConnectionId,

    /// <summary>16 bytes.</summary>
    StatelessResetToken,

    /// <summary>The layout of RFC 9000 figure 22.</summary>
    PreferredAddress,

    /// <summary>Versions of four bytes each, the chosen one first (RFC 9368 §3).</summary>
    VersionInformation,
}

/// <summary>One row of <see cref="TransportParameterRules"/>; minimum, maximum and default are those of an integer.</summary>
internal readonly record struct TransportParameterRule(TransportParameterId Id, EndpointRoles Senders, TransportParameterKind Kind)
{
    public ulong Minimum { get; init; }

    public ulong Maximum { get; init; } = VarInt.MaxValue;

    public ulong Default { get; init; }
}

/// <summary>The one table of transport parameters: who may send each, and which values are valid (RFC 9000 §18.2).</summary>
internal static class TransportParameterRules
{
    private static readonly TransportParameterRule[] Table =
    [
        // Integers come first: their place in the table is their place in TransportParameters.
        Integer(TransportParameterId.MaxIdleTimeout),
        Integer(TransportParameterId.MaxUdpPayloadSize) with { Minimum = 1200, Default = 65527 },
        Integer(TransportParameterId.InitialMaxData),
        Integer(TransportParameterId.InitialMaxStreamDataBidiLocal),
        Integer(TransportParameterId.InitialMaxStreamDataBidiRemote),
        Integer(TransportParameterId.InitialMaxStreamDataUni),
        Integer(TransportParameterId.InitialMaxStreamsBidi) with { Maximum = MaxStreamsFrame.Limit },
        Integer(TransportParameterId.InitialMaxStreamsUni) with { Maximum = MaxStreamsFrame.Limit },
        Integer(TransportParameterId.AckDelayExponent) with { Maximum = AckDelay.MaxExponent, Default = AckDelay.DefaultExponent },
        Integer(TransportParameterId.MaxAckDelay) with { Maximum = (1 << 14) - 1, Default = 25 },
        Integer(TransportParameterId.ActiveConnectionIdLimit) with { Minimum = 2, Default = 2 },
        Integer(TransportParameterId.MaxDatagramFrameSize),
        new(TransportParameterId.OriginalDestinationConnectionId, EndpointRoles.Server, TransportParameterKind.ConnectionId),
        new(TransportParameterId.StatelessResetToken, EndpointRoles.Server, TransportParameterKind.StatelessResetToken),
        new(TransportParameterId.DisableActiveMigration, EndpointRoles.Both, TransportParameterKind.Flag),
        new(TransportParameterId.PreferredAddress, EndpointRoles.Server, TransportParameterKind.PreferredAddress),
        new(TransportParameterId.InitialSourceConnectionId, EndpointRoles.Both, TransportParameterKind.ConnectionId),
        new(TransportParameterId.RetrySourceConnectionId, EndpointRoles.Server, TransportParameterKind.ConnectionId),
        new(TransportParameterId.VersionInformation, EndpointRoles.Both, TransportParameterKind.VersionInformation),
        new(TransportParameterId.GreaseQuicBit, EndpointRoles.Both, TransportParameterKind.Flag),
    ];

    /// <summary>How many rows, from the first, are integers.</summary>
    public const int IntegerCount = 12;

    public static ReadOnlySpan<TransportParameterRule> All => Table;

    /// <summary>The row of a parameter, or -1 for one that is to be ignored (RFC 9000 §7.4.2).</summary>
    public static int IndexOf(TransportParameterId id)
    {
        for (int i = 0; i < Table.Length; i++)
        {
            if (Table[i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    private static TransportParameterRule Integer(TransportParameterId id) => new(id, EndpointRoles.Both, TransportParameterKind.Integer);
}
