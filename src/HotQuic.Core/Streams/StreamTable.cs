using System.Diagnostics.CodeAnalysis;
using HotQuic.Core.Frames;

namespace HotQuic.Core.Streams;

/// <summary>The open streams of a connection by ID. Frames tend to come in runs of one stream, so the last one found is remembered.</summary>
internal sealed class StreamTable
{
    private const int RetainedStreams = 64;

    /// <summary>Made for the first stream.</summary>
    private Dictionary<ulong, QuicStreamState>? _streams;
    private QuicStreamState? _last;

    public int Count => _streams?.Count ?? 0;

    public bool TryGet(StreamId id, [NotNullWhen(true)] out QuicStreamState? stream)
    {
        stream = _last;
        if (stream is not null && stream.Id == id)
        {
            return true;
        }

        if (_streams is null || !_streams.TryGetValue(id.Value, out stream))
        {
            return false;
        }

        _last = stream;
        return true;
    }

    public void Add(QuicStreamState stream) => (_streams ??= []).Add(stream.Id.Value, stream);

    public void Remove(QuicStreamState stream)
    {
        _streams!.Remove(stream.Id.Value);
        _last = null;
    }

    /// <summary>All of them, in no order; nothing may be added or removed meanwhile.</summary>
    public Enumerator GetEnumerator() => new(_streams);

    /// <summary>Gives the memory back where no stream is open.</summary>
    public void Rest()
    {
        if (Count == 0)
        {
            _streams = null;
            _last = null;
        }
    }

    /// <summary>Empties the table, and gives memory back that a great many streams took.</summary>
    public void Clear()
    {
        _streams?.Clear();
        _streams = _streams?.Capacity > RetainedStreams ? null : _streams;
        _last = null;
    }

    public ref struct Enumerator(Dictionary<ulong, QuicStreamState>? streams)
    {
        private readonly bool _isAny = streams is not null;
        private Dictionary<ulong, QuicStreamState>.Enumerator _streams = streams is null ? default : streams.GetEnumerator();

        public readonly QuicStreamState Current => _streams.Current.Value;

        public bool MoveNext() => _isAny && _streams.MoveNext();
    }
}
