using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;

namespace HotQuic.Core.Connections;

/// <summary>What we declare to the peer (RFC 9000 §18.2), from settings and from the connection IDs of the handshake.</summary>
internal static class LocalParameters
{
    /// <summary>The exponent that scales our ACK Delay fields: the default, microseconds times 8.</summary>
    public const int AckDelayExponent = 3;

    /// <summary>Bytes that none of ours exceed: 17 integers, three connection IDs, a token, a greased parameter, each with its own head.</summary>
    public const int MaxLength = 512;

    /// <summary>Fills in everything.</summary>
    public static void Set(TransportParameters parameters, Connection connection)
    {
        ConnectionSettings settings = connection.Settings;
        bool isServer = connection.Role == EndpointRole.Server;
        parameters.Reset();
        parameters.MaxIdleTimeout = ConnectionTimers.IsOff(settings.IdleTimeout) ? TimeSpan.Zero : settings.IdleTimeout;
        parameters.Grease = GreasedParameter.Create(connection.Services.Random);
        parameters.MaxUdpPayloadSize = settings.MaxUdpPayloadSize;
        parameters.InitialMaxData = settings.Streams.ConnectionWindow;
        parameters.InitialMaxStreamDataBidiLocal = settings.Streams.StreamWindowBidirectionalLocal;
        parameters.InitialMaxStreamDataBidiRemote = settings.Streams.StreamWindowBidirectionalRemote;
        parameters.InitialMaxStreamDataUni = settings.Streams.StreamWindowUnidirectional;
        parameters.InitialMaxStreamsBidi = settings.Streams.BidirectionalStreams;
        parameters.InitialMaxStreamsUni = settings.Streams.UnidirectionalStreams;
        parameters.AckDelayExponent = AckDelayExponent;
        parameters.MaxAckDelay = settings.MaxAckDelay;
        parameters.ActiveConnectionIdLimit = PeerConnectionIds.ActiveLimit;
        parameters.InitialSourceConnectionId = connection.LocalHandshakeId;
        parameters.OriginalDestinationConnectionId = isServer ? connection.Attempt.OriginalDestinationId : null;
        parameters.RetrySourceConnectionId = isServer ? connection.Attempt.RetrySourceId : null;
        parameters.StatelessResetToken = isServer ? connection.LocalResetToken : null;
        parameters.MaxDatagramFrameSize = settings.Datagrams.MaxFrameSize;

        // Following a peer to another address comes later; until then it is asked to stay.
        parameters.DisableActiveMigration = true;
    }
}
