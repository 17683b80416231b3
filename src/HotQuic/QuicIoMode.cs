namespace HotQuic;

/// <summary>How UDP sockets are driven.</summary>
public enum QuicIoMode
{
    /// <summary><see cref="Offload"/> where the system has it, otherwise <see cref="Sockets"/>.</summary>
    Auto,

    /// <summary>Linux system calls with batches, segmentation offload and ECN. On other systems it fails with <see cref="PlatformNotSupportedException"/>.</summary>
    Offload,

    /// <summary>System.Net.Sockets: everywhere the same, slower, without ECN.</summary>
    Sockets,
}
