using System.Diagnostics.CodeAnalysis;
using HotQuic.Core.Frames;

namespace HotQuic.Core.Streams;

/// <summary>The open streams of a connection by ID. Frames tend to come in runs of one stream, so the last one found is remembered.</summary>
internal sealed class StreamTable
{
    private const int RetainedStreams = 64;

    /// <summary>A dictionary is never smaller once it held anything.</summary>
    private const int SmallestCapacity = 3;

    private readonly Dictionary<ulong, QuicStreamState> _streams = [];
    private QuicStreamState? _last;

    public int Count => _streams.Count;

    public Dictionary<ulong, QuicStreamState>.ValueCollection Values => _streams.Values;

    public bool TryGet(StreamId id, [NotNullWhen(true)] out QuicStreamState? stream)
    {
        stream = _last;
        if (stream is not null && stream.Id == id)
        {
            return true;
        }

        if (!_streams.TryGetValue(id.Value, out stream))
        {
            return false;
        }

        _last = stream;
        return true;
    }

    public void Add(QuicStreamState stream) => _streams.Add(stream.Id.Value, stream);

    public void Remove(QuicStreamState stream)
    {
        _streams.Remove(stream.Id.Value);
        _last = null;
    }

    /// <summary>Gives memory back that streams took, where none is open.</summary>
    public void Rest()
    {
        if (Count == 0 && _streams.Capacity > SmallestCapacity)
        {
            _streams.TrimExcess();
        }
    }

    /// <summary>Empties the table, and gives memory back that a great many streams took.</summary>
    public void Clear()
    {
        _streams.Clear();
        if (_streams.Capacity > RetainedStreams)
        {
            _streams.TrimExcess();
        }

        _last = null;
    }
}
