using System.Buffers;

namespace HotQuic.Diagnostics;

/// <summary>
/// Rented memory that one sink fills with whole records and hands over to the file writer, which disposes it. A record that is
/// larger than the rest makes it grow.
/// </summary>
internal sealed class QlogBlock : IBufferWriter<byte>, IDisposable
{
    private const int Size = 16 * 1024;

    // What is left is too little for a typical record, so the block would grow.
    private const int FullLength = 12 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Size);

    public int Length { get; private set; }

    /// <summary>Records in the block.</summary>
    public int Records { get; set; }

    public bool IsFull => Length >= FullLength;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Append(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    /// <summary>Empties the block, to use it again.</summary>
    public void Clear()
    {
        Length = 0;
        Records = 0;
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _bytes.AsSpan(Length);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Clear();
    }

    private void EnsureRoom(int sizeHint)
    {
        int needed = Length + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _bytes.Length));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
