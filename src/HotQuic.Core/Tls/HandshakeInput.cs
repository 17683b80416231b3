using System.Buffers;

namespace HotQuic.Core.Tls;

/// <summary>
/// Handshake bytes that came in order but cannot be used yet: the front of a message, or what lies behind an open question.
/// </summary>
internal sealed class HandshakeInput : IDisposable
{
    private byte[] _buffer = [];
    private int _start;
    private int _end;

    public bool IsEmpty => _start == _end;

    public ReadOnlySpan<byte> Pending => _buffer.AsSpan(_start.._end);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _end < bytes.Length)
        {
            MakeRoom(bytes.Length);
        }

        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Drops the first bytes; the last one gone, the buffer goes back to its pool.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (IsEmpty)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _start = 0;
        _end = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void MakeRoom(int count)
    {
        int pending = _end - _start;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(pending + count, pending * 2));
        Pending.CopyTo(larger);
        Dispose();
        _buffer = larger;
        _end = pending;
    }
}
