using HotQuic.Core.Connections;
using HotQuic.Core.Errors;

namespace HotQuic.Core.Tests.Connections;

/// <summary>What tests expect of a connection that ended.</summary>
internal static class Closing
{
    /// <summary>The connection found its peer at fault.</summary>
    public static void Expect(Connection connection, TransportErrorCode code, ulong frameType)
    {
        Assert.NotNull(connection.Termination);
        Assert.Equal((TerminationKind.LocalTransport, code, frameType), (connection.Termination.Value.Kind, (TransportErrorCode)connection.Termination.Value.Code, connection.Termination.Value.FrameType));
    }

    /// <summary>The connection was told so by its peer.</summary>
    public static void ExpectFromPeer(Connection connection, TransportErrorCode code, ulong frameType)
    {
        Assert.NotNull(connection.Termination);
        Assert.Equal((TerminationKind.PeerTransport, code, frameType), (connection.Termination.Value.Kind, (TransportErrorCode)connection.Termination.Value.Code, connection.Termination.Value.FrameType));
    }
}
