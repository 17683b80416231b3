namespace HotQuic.Udp;

/// <summary>What the last <see cref="Waiting.ShardWaiter.Wait"/> saw of a socket.</summary>
[Flags]
internal enum UdpReadiness : byte
{
    None = 0,

    /// <summary><see cref="UdpSocket.Receive"/> has something to give.</summary>
    Readable = 1,

    /// <summary>There is room again after a send that would have blocked: said once, until the next such send.</summary>
    Writable = 2,

    /// <summary>
    /// <see cref="UdpSocket.TryReadError(out UdpError)"/> has something to give. Read until it has not, or waiting never rests.
    /// </summary>
    Error = 4,
}
