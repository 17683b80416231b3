using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Qpack;

/// <summary>
/// Reads the peer's decoder stream (RFC 9204 §4.4) for an encoder that never uses the dynamic table: only Stream Cancellation can
/// then be right. One reader, on one thread.
/// </summary>
internal sealed class QpackDecoderStreamReader
{
    /// <summary>The next bytes of the peer's decoder stream, cut anywhere.</summary>
    /// <returns>The connection error, or null.</returns>
    public Http3Error? OnDecoderStream(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();
}
