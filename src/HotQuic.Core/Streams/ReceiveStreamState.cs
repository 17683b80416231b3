namespace HotQuic.Core.Streams;

/// <summary>States of the receiving part of a stream (RFC 9000 §3.2).</summary>
/// <remarks>
/// <code>
///           first frame of a peer's stream, or a higher stream of its type; our own bidirectional stream
///                 |
///                 v
///             +------+  RESET_STREAM
///             | Recv |--------------------.
///             +------+                    |
///                 | STREAM with FIN       |
///                 v                       |
///           +-----------+ RESET_STREAM    |
///           | SizeKnown |---------------->|
///           +-----------+                 |
///                 | all data arrived      |
///                 v                       v
///           +-----------+          +------------+
///           | DataRecvd |          | ResetRecvd |
///           +-----------+          +------------+
///                 | all data read         | application told of it, or not interested
///                 v                       v
///           +----------+           +-----------+
///           | DataRead |           | ResetRead |
///           +----------+           +-----------+
/// </code>
/// The optional arrows between DataRecvd and ResetRecvd are not taken: data that is complete is delivered, data that was
/// reset is not. DataRead and ResetRead are terminal. A stream that has no receiving part is in <see cref="NoStream"/>.
/// </remarks>
internal enum ReceiveStreamState : byte
{
    NoStream = 0,
    Recv,
    SizeKnown,
    DataRecvd,
    ResetRecvd,
    DataRead,
    ResetRead,
}
