namespace HotQuic.Core.Streams;

/// <summary>States of the sending part of a stream (RFC 9000 §3.1).</summary>
/// <remarks>
/// <code>
///            application opens it, or the peer opens a bidirectional stream
///                 |
///                 v
///             +-------+  Reset, or STOP_SENDING arrives
///             | Ready |-------------------------------------.
///             +-------+                                     |
///                 | first STREAM or STREAM_DATA_BLOCKED     |
///                 v                                         |
///             +-------+  Reset, or STOP_SENDING arrives     |
///             | Send  |------------------------------------>|
///             +-------+                                     |
///                 | STREAM with FIN                         |
///                 v                                         v
///           +----------+  Reset, or a loss after      +-----------+
///           | DataSent |---------------------------->| ResetSent |
///           +----------+  STOP_SENDING arrived        +-----------+
///                 | all data and FIN acknowledged           | RESET_STREAM acknowledged
///                 v                                         v
///           +-----------+                             +------------+
///           | DataRecvd |                             | ResetRecvd |
///           +-----------+                             +------------+
/// </code>
/// DataRecvd and ResetRecvd are terminal. A stream that has no sending part is in <see cref="NoStream"/>.
/// </remarks>
internal enum SendStreamState : byte
{
    NoStream = 0,
    Ready,
    Send,
    DataSent,
    ResetSent,
    DataRecvd,
    ResetRecvd,
}
