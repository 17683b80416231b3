using HotQuic.Http3.Requests;

namespace HotQuic.Http3;

/// <summary>
/// The field lines of a response, or of its trailers, in the order in which they came; pseudo-header fields are not among them. To be
/// enumerated with foreach. It is good until the response is disposed of, and then throws <see cref="ObjectDisposedException"/>.
/// </summary>
public readonly struct Http3Fields
{
    private readonly Exchange? _exchange;
    private readonly FieldStore? _store;
    private readonly int _generation;

    internal Http3Fields(Exchange exchange, FieldStore? store, int generation)
    {
        _exchange = exchange;
        _store = store;
        _generation = generation;
    }

    /// <summary>How many there are.</summary>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    public int Count => Store?.Count ?? 0;

    private FieldStore? Store
    {
        get
        {
            _exchange?.ThrowIfNot(_generation);
            return _store;
        }
    }

    /// <summary>The field at an index.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    public Http3Field this[int index] => Store is { } store
        ? new Http3Field(store.NameOf(index), store.ValueOf(index))
        : throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>The value of the first field of a name.</summary>
    /// <param name="name">The name, in lower case.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    public bool TryGetValue(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        int index = Store?.Find(name) ?? -1;
        value = index < 0 ? default : _store!.ValueOf(index);
        return index >= 0;
    }

    /// <summary>Begins an enumeration.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Goes through fields, for foreach.</summary>
    public ref struct Enumerator
    {
        private readonly Http3Fields _fields;
        private int _index;

        internal Enumerator(Http3Fields fields)
        {
            _fields = fields;
            _index = -1;
        }

        /// <summary>The field that the enumeration is at.</summary>
        public readonly Http3Field Current => _fields[_index];

        /// <summary>Goes to the next field.</summary>
        /// <returns>Whether there is one.</returns>
        public bool MoveNext() => ++_index < _fields.Count;
    }
}
