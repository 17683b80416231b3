using System.Buffers.Binary;

namespace HotQuic.Core.Tls.Messages;

/// <summary>A view of 16-bit values: suites, groups, versions or schemes, unknown ones and GREASE (RFC 8701) included.</summary>
internal readonly ref struct UInt16List
{
    private readonly ReadOnlySpan<byte> _bytes;

    private UInt16List(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public int Count => _bytes.Length / 2;

    public ushort this[int index] => BinaryPrimitives.ReadUInt16BigEndian(_bytes[(index * 2)..]);

    /// <summary>The values as they are on the wire.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>False where there is no value at all, or half a one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out UInt16List list)
    {
        bool isWhole = bytes.Length >= 2 && bytes.Length % 2 == 0;
        list = isWhole ? new UInt16List(bytes) : default;
        return isWhole;
    }

    public bool Contains(ushort value)
    {
        for (int i = 0; i < Count; i++)
        {
            if (this[i] == value)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True where a value is listed more than once.</summary>
    public bool HasDuplicates()
    {
        var seen = new UInt16Set(stackalloc ulong[UInt16Set.Words]);
        for (int i = 0; i < Count; i++)
        {
            if (!seen.TryAdd(this[i]))
            {
                return true;
            }
        }

        return false;
    }
}
