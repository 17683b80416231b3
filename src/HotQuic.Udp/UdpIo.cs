namespace HotQuic.Udp;

/// <summary>Which way a socket reaches the system.</summary>
internal enum UdpIo : byte
{
    /// <summary><see cref="Offload"/> where this process can, otherwise <see cref="Sockets"/>.</summary>
    Auto,

    /// <summary>Linux system calls: batches, segmentation offload, ECN, packet info, the error queue. 64-bit x86 and Arm.</summary>
    Offload,

    /// <summary>
    /// System.Net.Sockets. Where this process could <see cref="Offload"/>, it tells a thread that has slept for a while when something has
    /// arrived, and everything else is done as there; elsewhere it is <see cref="Datagrams"/>.
    /// </summary>
    Sockets,

    /// <summary>System.Net.Sockets alone: one datagram a call, everywhere.</summary>
    Datagrams,
}
