using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;

namespace HotQuic.Core.Connections;

/// <summary>What we declare to the peer (RFC 9000 §18.2), from settings and from the connection IDs of the handshake.</summary>
internal static class LocalParameters
{
    /// <summary>The exponent that scales our ACK Delay fields: the default, microseconds times 8.</summary>
    public const int AckDelayExponent = 3;

    public static TransportParameters For(Connection connection)
    {
        ConnectionSettings settings = connection.Settings;
        bool isServer = connection.Role == EndpointRole.Server;
        return new TransportParameters
        {
            MaxIdleTimeout = ConnectionTimers.IsOff(settings.IdleTimeout) ? TimeSpan.Zero : settings.IdleTimeout,
            Grease = GreasedParameter.Create(connection.Services.Random),
            MaxUdpPayloadSize = settings.MaxUdpPayloadSize,
            InitialMaxData = settings.Streams.ConnectionWindow,
            InitialMaxStreamDataBidiLocal = settings.Streams.StreamWindowBidirectionalLocal,
            InitialMaxStreamDataBidiRemote = settings.Streams.StreamWindowBidirectionalRemote,
            InitialMaxStreamDataUni = settings.Streams.StreamWindowUnidirectional,
            InitialMaxStreamsBidi = settings.Streams.BidirectionalStreams,
            InitialMaxStreamsUni = settings.Streams.UnidirectionalStreams,
            AckDelayExponent = AckDelayExponent,
            MaxAckDelay = settings.MaxAckDelay,
            ActiveConnectionIdLimit = PeerConnectionIds.ActiveLimit,
            InitialSourceConnectionId = connection.LocalHandshakeId,
            OriginalDestinationConnectionId = isServer ? connection.Attempt.OriginalDestinationId : null,
            RetrySourceConnectionId = isServer ? connection.Attempt.RetrySourceId : null,
            StatelessResetToken = isServer ? connection.LocalResetToken : null,
            MaxDatagramFrameSize = settings.Datagrams.MaxFrameSize,

            // Following a peer to another address comes later; until then it is asked to stay.
            DisableActiveMigration = true,
        };
    }
}
