using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Qpack;

/// <summary>
/// Reads the peer's decoder stream (RFC 9204 §4.4) for an encoder that never uses the dynamic table: only Stream Cancellation can
/// then be right. One thread at a time.
/// </summary>
internal sealed class QpackDecoderStreamReader
{
    private const int LongestInstruction = 10;

    private static readonly Http3Error NothingToAcknowledge = Failure("a section is acknowledged that does not refer to the dynamic table");
    private static readonly Http3Error NothingInserted = Failure("the insert count is raised though nothing was inserted");
    private static readonly Http3Error TooLarge = Failure("an integer on the decoder stream is larger than it may be");

    private readonly byte[] _held = new byte[LongestInstruction];
    private int _heldLength;

    /// <summary>The next bytes of the peer's decoder stream, cut anywhere.</summary>
    /// <returns>The connection error, or null.</returns>
    public Http3Error? OnDecoderStream(ReadOnlySpan<byte> bytes)
    {
        foreach (byte next in bytes)
        {
            _held[_heldLength++] = next;
            switch (_held[0])
            {
                case >= 0x80: // §4.4.1
                    return NothingToAcknowledge;
                case < 0x40: // §4.4.3
                    return NothingInserted;
            }

            switch (PrefixedInteger.Read(_held.AsSpan(0, _heldLength), 6, out _))
            {
                case PrefixedInteger.TooLarge:
                    return TooLarge;
                case PrefixedInteger.Incomplete:
                    break;
                default: // §4.4.2: a stream of which no reference is outstanding anyway.
                    _heldLength = 0;
                    break;
            }
        }

        return null;
    }

    private static Http3Error Failure(string reason) => new(Http3ErrorCode.QpackDecoderStreamError, reason);
}
