using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Qpack;

/// <summary>
/// Decodes the field sections of one connection (RFC 9204). Feed it the peer's encoder stream with <see cref="OnEncoderStream"/>
/// and each section with <see cref="Decode"/>; after either, and after <see cref="CancelStream"/>, send what
/// <see cref="TryTakeDecoderStream"/> has on the own decoder stream. All members may be called from any thread; a section
/// that does not refer to the dynamic table is decoded without a lock.
/// </summary>
internal sealed class QpackDecoder
{
    /// <summary>The largest capacity that can be offered, in bytes.</summary>
    public const int LargestTableCapacity = 1 << 24;

    private static readonly Http3Error WrongPrefix = Failure("a field section's prefix is wrong");
    private static readonly Http3Error TooManyBlocked = Failure("more streams are blocked than was permitted");

    private readonly int _maximumBlockedStreams;
    private readonly int _maximumEntries;
    private readonly Lock _gate = new();
    private readonly DynamicTable _table;
    private readonly EncoderStreamReader _encoderStream;
    private readonly DecoderStreamWriter _decoderStream = new();

    /// <summary>The streams of which a section waits for entries.</summary>
    private readonly HashSet<long> _blockedStreams = [];

    /// <param name="maximumTableCapacity">SETTINGS_QPACK_MAX_TABLE_CAPACITY as sent, in bytes; 0 means no dynamic table.</param>
    /// <param name="maximumBlockedStreams">SETTINGS_QPACK_BLOCKED_STREAMS as sent.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is negative, or the capacity above <see cref="LargestTableCapacity"/>.</exception>
    public QpackDecoder(int maximumTableCapacity, int maximumBlockedStreams)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximumTableCapacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumTableCapacity, LargestTableCapacity);
        ArgumentOutOfRangeException.ThrowIfNegative(maximumBlockedStreams);
        _maximumBlockedStreams = maximumBlockedStreams;
        _maximumEntries = maximumTableCapacity / FieldSize.Overhead;
        _table = new DynamicTable(maximumTableCapacity);
        _encoderStream = new EncoderStreamReader(_table);
    }

    /// <summary>How many entries have been inserted into the dynamic table: after it has risen, blocked sections may be decoded again.</summary>
    public long InsertCount
    {
        get
        {
            lock (_gate)
            {
                return _table.InsertCount;
            }
        }
    }

    /// <summary>Whether <see cref="TryTakeDecoderStream"/> has something to send.</summary>
    public bool HasDecoderStreamBytes
    {
        get
        {
            lock (_gate)
            {
                return _decoderStream.HasBytes(_table.InsertCount);
            }
        }
    }

    /// <summary>How much memory the table and the instructions on both streams take, in bytes.</summary>
    public long AllocatedBytes
    {
        get
        {
            lock (_gate)
            {
                return _table.AllocatedBytes + _encoderStream.AllocatedBytes + _decoderStream.AllocatedBytes;
            }
        }
    }

    /// <summary>The next bytes of the peer's encoder stream, cut anywhere (RFC 9204 §4.3).</summary>
    /// <returns>The connection error, or null.</returns>
    public Http3Error? OnEncoderStream(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            return _encoderStream.Read(bytes) ?? _decoderStream.Error;
        }
    }

    /// <summary>
    /// Decodes one complete encoded field section (RFC 9204 §4.5) into the sink. After <see cref="QpackOutcomeKind.Blocked"/> the
    /// same section is given again once <see cref="InsertCount"/> has reached what the outcome says; after
    /// <see cref="QpackOutcomeKind.TooLarge"/> and <see cref="QpackOutcomeKind.Stopped"/> the stream is abandoned with <see cref="CancelStream"/>.
    /// </summary>
    /// <param name="streamId">The stream that the section came on.</param>
    /// <param name="section">The encoded field section, all of it.</param>
    /// <param name="sink">Takes the field lines.</param>
    /// <param name="maximumFieldSectionSize">The largest size that is accepted, in bytes as <see cref="FieldSize"/> counts them.</param>
    public QpackOutcome Decode<TSink>(long streamId, ReadOnlySpan<byte> section, ref TSink sink, int maximumFieldSectionSize)
        where TSink : IFieldSink, allows ref struct
    {
        // An encoded insert count of 0 is a count of 0, whatever has been inserted.
        return section.IsEmpty || section[0] == 0
            ? DecodeStatic(section, ref sink, maximumFieldSectionSize)
            : DecodeDynamic(streamId, section, ref sink, maximumFieldSectionSize);
    }

    /// <summary>A stream was reset, or is read no further, before all its sections were decoded (RFC 9204 §2.2.2.2).</summary>
    public void CancelStream(long streamId)
    {
        if (_maximumEntries == 0)
        {
            return;
        }

        lock (_gate)
        {
            _blockedStreams.Remove(streamId);
            _decoderStream.Cancel(streamId);
        }
    }

    /// <summary>
    /// Takes the next bytes for the own decoder stream (RFC 9204 §4.4). Send them in the order in which they were taken.
    /// </summary>
    /// <returns>True if something was written. Call until it answers false.</returns>
    public bool TryTakeDecoderStream(Span<byte> destination, out int written)
    {
        lock (_gate)
        {
            written = _decoderStream.Take(destination, _table.InsertCount);
            return written > 0;
        }
    }

    private static QpackOutcome DecodeStatic<TSink>(ReadOnlySpan<byte> section, ref TSink sink, int maximumFieldSectionSize)
        where TSink : IFieldSink, allows ref struct
    {
        var reader = new QpackReader(section);
        if (!FieldSectionPrefix.TryRead(ref reader, 0, 0, out FieldSectionPrefix prefix))
        {
            return Malformed(WrongPrefix);
        }

        var lines = new FieldLineReader(reader.Rest, prefix, null);
        try
        {
            return DecodeLines(ref lines, ref sink, maximumFieldSectionSize);
        }
        finally
        {
            lines.Dispose();
        }
    }

    private QpackOutcome DecodeDynamic<TSink>(long streamId, ReadOnlySpan<byte> section, ref TSink sink, int maximumFieldSectionSize)
        where TSink : IFieldSink, allows ref struct
    {
        var reader = new QpackReader(section);
        lock (_gate)
        {
            if (_decoderStream.Error is { } error)
            {
                return Malformed(error);
            }

            if (!FieldSectionPrefix.TryRead(ref reader, _maximumEntries, _table.InsertCount, out FieldSectionPrefix prefix))
            {
                return Malformed(WrongPrefix);
            }

            if (prefix.RequiredInsertCount > _table.InsertCount)
            {
                return Block(streamId, prefix.RequiredInsertCount);
            }

            _blockedStreams.Remove(streamId);
            var lines = new FieldLineReader(reader.Rest, prefix, _table);
            try
            {
                QpackOutcome outcome = DecodeLines(ref lines, ref sink, maximumFieldSectionSize);
                if (outcome.Kind == QpackOutcomeKind.Decoded)
                {
                    _decoderStream.Acknowledge(streamId, prefix.RequiredInsertCount);
                }

                return outcome;
            }
            finally
            {
                lines.Dispose();
            }
        }
    }

    private QpackOutcome Block(long streamId, long requiredInsertCount)
    {
        // RFC 9204 §2.1.2: more than was permitted is a connection error.
        if (!_blockedStreams.Contains(streamId) && _blockedStreams.Count >= _maximumBlockedStreams)
        {
            return Malformed(TooManyBlocked);
        }

        _blockedStreams.Add(streamId);
        return new QpackOutcome(QpackOutcomeKind.Blocked, requiredInsertCount);
    }

    private static QpackOutcome DecodeLines<TSink>(ref FieldLineReader lines, ref TSink sink, int maximumFieldSectionSize)
        where TSink : IFieldSink, allows ref struct
    {
        long size = 0;
        while (lines.TryRead())
        {
            size += FieldSize.Of(lines.Name.Length, lines.Value.Length);
            if (size > maximumFieldSectionSize)
            {
                return new QpackOutcome(QpackOutcomeKind.TooLarge);
            }

            if (!sink.OnField(lines.Name, lines.Value))
            {
                return new QpackOutcome(QpackOutcomeKind.Stopped);
            }
        }

        return lines.Error is { } error ? Malformed(error) : new QpackOutcome(QpackOutcomeKind.Decoded);
    }

    private static QpackOutcome Malformed(Http3Error error) => new(QpackOutcomeKind.Malformed, Error: error);

    private static Http3Error Failure(string reason) => new(Http3ErrorCode.QpackDecompressionFailed, reason);
}
