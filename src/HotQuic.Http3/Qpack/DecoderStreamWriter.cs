using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Qpack;

/// <summary>
/// The decoder instructions that wait to be sent (RFC 9204 §4.4). Insertions that no Section Acknowledgment has covered become
/// one Insert Count Increment when bytes are taken.
/// </summary>
internal sealed class DecoderStreamWriter
{
    /// <summary>
    /// How many bytes may wait. Only a peer that grants its decoder stream no credit while it goes on sending lets them pile up.
    /// </summary>
    public const int LargestBacklog = 64 * 1024;

    private const int LongestInstruction = 10;
    private const int SmallestBuffer = 64;

    private static readonly Http3Error Backlog = new(Http3ErrorCode.ExcessiveLoad, "the peer takes no instructions from the decoder stream");

    private byte[] _buffer = [];
    private int _start;
    private int _end;

    /// <summary>What the peer's encoder knows of (RFC 9204 §2.1.4), once it has what waits.</summary>
    private long _knownReceivedCount;

    /// <summary>Set once more waits than may.</summary>
    public Http3Error? Error { get; private set; }

    /// <summary>How much memory the backlog takes, in bytes.</summary>
    public int AllocatedBytes => _buffer.Length;

    /// <summary>Whether <see cref="Take"/> has something.</summary>
    public bool HasBytes(long insertCount) => _end > _start || insertCount > _knownReceivedCount;

    /// <summary>Section Acknowledgment (RFC 9204 §4.4.1).</summary>
    public void Acknowledge(long streamId, long requiredInsertCount)
    {
        _knownReceivedCount = Math.Max(_knownReceivedCount, requiredInsertCount);
        Append(0x80, 7, streamId);
    }

    /// <summary>Stream Cancellation (RFC 9204 §4.4.2).</summary>
    public void Cancel(long streamId) => Append(0x40, 6, streamId);

    /// <summary>Takes as many bytes as there are and have room.</summary>
    public int Take(Span<byte> destination, long insertCount)
    {
        if (insertCount > _knownReceivedCount)
        {
            // Insert Count Increment (RFC 9204 §4.4.3).
            Append(0x00, 6, insertCount - _knownReceivedCount);
            _knownReceivedCount = insertCount;
        }

        int count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }

        return count;
    }

    private void Append(int flags, int prefixBits, long value)
    {
        if (_buffer.Length - _end < LongestInstruction && !TryMakeRoom())
        {
            Error = Backlog;
            return;
        }

        PrefixedInteger.TryWrite(_buffer.AsSpan(_end), flags, prefixBits, value, out int written);
        _end += written;
    }

    private bool TryMakeRoom()
    {
        int length = _end - _start;
        if (length + LongestInstruction > LargestBacklog)
        {
            return false;
        }

        bool isRoomy = _buffer.Length - length >= Math.Max(length, LongestInstruction) || _buffer.Length == LargestBacklog;
        byte[] target = isRoomy ? _buffer : new byte[Math.Clamp(2 * _buffer.Length, SmallestBuffer, LargestBacklog)];
        _buffer.AsSpan(_start, length).CopyTo(target);
        _buffer = target;
        _start = 0;
        _end = length;
        return true;
    }
}
