using System.Security.Authentication;

namespace HotQuic.Load;

/// <summary>Tells what a peer or the network did from what is a fault of ours.</summary>
public static class PeerFailures
{
    /// <summary>Whether this exception ends a connection or stream for a reason that lies with the peer or the network.</summary>
    public static bool IsOne(Exception exception) => exception is QuicException or AuthenticationException or ObjectDisposedException;
}
