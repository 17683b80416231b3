namespace HotQuic;

/// <summary>How UDP sockets are driven.</summary>
public enum QuicIoMode
{
    /// <summary><see cref="Offload"/> where the system has it, otherwise <see cref="Sockets"/>.</summary>
    Auto,

    /// <summary>Linux system calls with batches, segmentation offload and ECN. On other systems it fails with <see cref="PlatformNotSupportedException"/>.</summary>
    Offload,

    /// <summary>
    /// System.Net.Sockets. On Linux it tells when something has arrived after 10 s of silence or more, and datagrams move as with
    /// <see cref="Offload"/>; on other systems they move one a call, slower and without ECN.
    /// </summary>
    Sockets,
}
