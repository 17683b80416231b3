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
    /// <param name="maximumTableCapacity">SETTINGS_QPACK_MAX_TABLE_CAPACITY as sent, in bytes; 0 means no dynamic table.</param>
    /// <param name="maximumBlockedStreams">SETTINGS_QPACK_BLOCKED_STREAMS as sent.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is negative, or the capacity above 1 GiB.</exception>
    public QpackDecoder(int maximumTableCapacity, int maximumBlockedStreams)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximumTableCapacity);
        ArgumentOutOfRangeException.ThrowIfNegative(maximumBlockedStreams);
    }

    /// <summary>How many entries have been inserted into the dynamic table: after it has risen, blocked sections may be decoded again.</summary>
    public long InsertCount { get; private set; }

    /// <summary>Whether <see cref="TryTakeDecoderStream"/> has something to send.</summary>
    public bool HasDecoderStreamBytes { get; private set; }

    /// <summary>The next bytes of the peer's encoder stream, cut anywhere (RFC 9204 §4.3).</summary>
    /// <returns>The connection error, or null.</returns>
    public Http3Error? OnEncoderStream(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

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
        => throw new NotSupportedException();

    /// <summary>A stream was reset, or is read no further, before all its sections were decoded (RFC 9204 §2.2.2.2).</summary>
    public void CancelStream(long streamId) => throw new NotSupportedException();

    /// <summary>
    /// Takes the next bytes for the own decoder stream, in whole instructions (RFC 9204 §4.4).
    /// </summary>
    /// <returns>True if something was written. Call until it answers false, with at least 16 bytes.</returns>
    public bool TryTakeDecoderStream(Span<byte> destination, out int written) => throw new NotSupportedException();
}
