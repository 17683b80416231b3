namespace HotQuic.Udp.Waiting;

/// <summary>Why a wait ended. None of these: for no reason, which is allowed.</summary>
[Flags]
internal enum WaitOutcome : byte
{
    None = 0,

    /// <summary>A socket is ready: see <see cref="UdpSocket.Readiness"/>.</summary>
    Ready = 1,

    /// <summary>Somebody called <see cref="ShardWaiter.Wake"/> since the wait before this one.</summary>
    Woken = 2,

    /// <summary>The waiter was disposed: stop waiting.</summary>
    Closed = 4,
}
