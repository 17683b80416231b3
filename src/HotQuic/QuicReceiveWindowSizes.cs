namespace HotQuic;

/// <summary>
/// How many bytes the peer may send ahead of what is read (RFC 9000 §4.1), at first: the windows grow by themselves while the
/// reader keeps up. Each is 1 byte to 1 GiB.
/// </summary>
public sealed class QuicReceiveWindowSizes
{
    /// <summary>All streams of the connection together, in bytes. Default: 16 MiB.</summary>
    public int Connection { get; set; } = 16 << 20;

    /// <summary>Each bidirectional stream that this side opened, in bytes. Default: 64 KiB.</summary>
    public int LocallyInitiatedBidirectionalStream { get; set; } = 64 << 10;

    /// <summary>Each bidirectional stream that the peer opened, in bytes. Default: 64 KiB.</summary>
    public int RemotelyInitiatedBidirectionalStream { get; set; } = 64 << 10;

    /// <summary>Each unidirectional stream that the peer opened, in bytes. Default: 64 KiB.</summary>
    public int UnidirectionalStream { get; set; } = 64 << 10;
}
