using System.Buffers;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>
/// Builds handshake messages one behind the other in a pooled buffer that grows. A length in front of what is not yet
/// written is opened, then closed: <c>int mark = writer.OpenVector16(); …; writer.CloseVector16(mark);</c>. Dispose gives
/// the buffer back; what is written after it rents another.
/// </summary>
internal sealed class HandshakeWriter : IDisposable
{
    private const int InitialCapacity = 1024;
    private byte[] _buffer = [];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public void WriteByte(byte value) => Take(1).WriteByte(value);

    public void WriteUInt16(ushort value) => Take(2).WriteUInt16(value);

    public void WriteBytes(ReadOnlySpan<byte> bytes) => Take(bytes.Length).WriteBytes(bytes);

    public void WriteVector8(ReadOnlySpan<byte> content)
    {
        WriteByte(checked((byte)content.Length));
        WriteBytes(content);
    }

    public void WriteVector16(ReadOnlySpan<byte> content)
    {
        WriteUInt16(checked((ushort)content.Length));
        WriteBytes(content);
    }

    /// <summary>Room for bytes that the caller fills in at once.</summary>
    public Span<byte> Reserve(int count) => Take(count).Rest;

    /// <summary>Begins a message; the mark is for <see cref="CloseMessage"/>.</summary>
    public int OpenMessage(HandshakeType type)
    {
        int mark = Length;
        Take(HandshakeMessageLimits.HeaderLength).WriteByte((byte)type);
        return mark;
    }

    /// <summary>Ends a message and returns it whole, valid until the next write.</summary>
    public ReadOnlySpan<byte> CloseMessage(int mark)
    {
        Span<byte> message = _buffer.AsSpan(mark..Length);
        var writer = new WireWriter(message[1..]);
        writer.WriteUInt24(message.Length - HandshakeMessageLimits.HeaderLength);
        return message;
    }

    public int OpenVector16()
    {
        WriteUInt16(0);
        return Length;
    }

    public void CloseVector16(int mark)
    {
        var writer = new WireWriter(_buffer.AsSpan(mark - 2));
        writer.WriteUInt16(checked((ushort)(Length - mark)));
    }

    /// <summary>Begins an extension; the mark is for <see cref="CloseVector16"/>.</summary>
    public int OpenExtension(ExtensionType type)
    {
        WriteUInt16((ushort)type);
        return OpenVector16();
    }

    /// <summary>Forgets what was written, but keeps the buffer.</summary>
    public void Clear() => Length = 0;

    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        Length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private WireWriter Take(int count)
    {
        int start = Length;
        if (_buffer.Length - start < count)
        {
            Grow(start + count);
        }

        Length = start + count;
        return new WireWriter(_buffer.AsSpan(start, count));
    }

    private void Grow(int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(InitialCapacity, _buffer.Length * 2)));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
