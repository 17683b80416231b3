namespace HotQuic.Http3.Requests;

/// <summary>The fields of one section, as bytes one behind the other; it is kept and filled again.</summary>
internal sealed class FieldStore
{
    private const int MostBytesKept = 16 * 1024;
    private const int MostFieldsKept = 256;

    private byte[] _bytes = new byte[1024];
    private Place[] _places = new Place[32];
    private int _length;

    public int Count { get; private set; }

    public ReadOnlySpan<byte> NameOf(int index) => _bytes.AsSpan(Of(index).Start, Of(index).NameLength);

    public ReadOnlySpan<byte> ValueOf(int index) => _bytes.AsSpan(Of(index).Start + Of(index).NameLength, Of(index).ValueLength);

    /// <summary>The first field of that name at or behind an index; -1 where there is none.</summary>
    public int Find(ReadOnlySpan<byte> name, int from = 0)
    {
        for (int index = from; index < Count; index++)
        {
            if (NameOf(index).SequenceEqual(name))
            {
                return index;
            }
        }

        return -1;
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int needed = _length + name.Length + value.Length;
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        }

        if (Count == _places.Length)
        {
            Array.Resize(ref _places, Count * 2);
        }

        name.CopyTo(_bytes.AsSpan(_length));
        value.CopyTo(_bytes.AsSpan(_length + name.Length));
        _places[Count++] = new Place(_length, name.Length, value.Length);
        _length = needed;
    }

    public void Clear()
    {
        _length = 0;
        Count = 0;
    }

    /// <summary>Before it goes back to a pool: what one large section needed is not kept for ever.</summary>
    public void Trim()
    {
        Clear();
        if (_bytes.Length > MostBytesKept)
        {
            _bytes = new byte[MostBytesKept];
        }

        if (_places.Length > MostFieldsKept)
        {
            _places = new Place[MostFieldsKept];
        }
    }

    private Place Of(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _places[index];
    }

    private readonly record struct Place(int Start, int NameLength, int ValueLength);
}
