using HotQuic.Core.Frames;

namespace HotQuic.Core.Streams;

/// <summary>
/// What we let the peer send and open, and how much of our own data we hold. Checked once by <see cref="Validate"/>; the
/// windows and counts are also what our transport parameters announce.
/// <code>
/// limit                                default
/// ConnectionWindow                     1 MiB    initial_max_data
/// MaximumConnectionWindow              24 MiB   up to which it may grow
/// StreamWindow (local, remote, uni)    256 KiB  initial_max_stream_data_bidi_local, _bidi_remote, _uni
/// MaximumStreamWindow                  16 MiB   up to which each may grow
/// BidirectionalStreams                 100      streams the peer may have open at a time
/// UnidirectionalStreams                100
/// SendBufferLimit                      16 MiB   bytes of a stream written and not acknowledged
/// UnsentLimit                          128 KiB  of these, bytes that were never sent ...
/// UnsentAheadLimit                     1 MiB    ... where the peer's window is smaller than that
/// </code>
/// </summary>
internal sealed record StreamLimits
{
    public const long LargestWindow = 1L << 30;

    public ulong ConnectionWindow { get; init; } = 1 << 20;

    public ulong MaximumConnectionWindow { get; init; } = 24 << 20;

    /// <summary>Bidirectional streams that we open.</summary>
    public ulong StreamWindowBidirectionalLocal { get; init; } = 256 << 10;

    /// <summary>Bidirectional streams that the peer opens.</summary>
    public ulong StreamWindowBidirectionalRemote { get; init; } = 256 << 10;

    public ulong StreamWindowUnidirectional { get; init; } = 256 << 10;

    public ulong MaximumStreamWindow { get; init; } = 16 << 20;

    public ulong BidirectionalStreams { get; init; } = 100;

    public ulong UnidirectionalStreams { get; init; } = 100;

    public ulong SendBufferLimit { get; init; } = 16 << 20;

    public ulong UnsentLimit { get; init; } = 128 << 10;

    public ulong UnsentAheadLimit { get; init; } = 1 << 20;

    /// <exception cref="ArgumentOutOfRangeException">A window is above 1 GiB, a count above 2^60, or there is no room to send.</exception>
    public void Validate()
    {
        CheckWindow(ConnectionWindow, nameof(ConnectionWindow));
        CheckWindow(MaximumConnectionWindow, nameof(MaximumConnectionWindow));
        CheckWindow(StreamWindowBidirectionalLocal, nameof(StreamWindowBidirectionalLocal));
        CheckWindow(StreamWindowBidirectionalRemote, nameof(StreamWindowBidirectionalRemote));
        CheckWindow(StreamWindowUnidirectional, nameof(StreamWindowUnidirectional));
        CheckWindow(MaximumStreamWindow, nameof(MaximumStreamWindow));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BidirectionalStreams, MaxStreamsFrame.Limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(UnidirectionalStreams, MaxStreamsFrame.Limit);
        ArgumentOutOfRangeException.ThrowIfZero(SendBufferLimit);
        ArgumentOutOfRangeException.ThrowIfZero(UnsentLimit);
        ArgumentOutOfRangeException.ThrowIfZero(UnsentAheadLimit);
    }

    private static void CheckWindow(ulong window, string name) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, (ulong)LargestWindow, name);
}

/// <summary>What the peer's transport parameters let us send and open (RFC 9000 §18.2); all zero until they are known.</summary>
internal readonly record struct PeerStreamLimits
{
    /// <summary>initial_max_data</summary>
    public ulong MaximumData { get; init; }

    /// <summary>initial_max_stream_data_bidi_local: bidirectional streams that the peer opens.</summary>
    public ulong MaximumStreamDataBidirectionalLocal { get; init; }

    /// <summary>initial_max_stream_data_bidi_remote: bidirectional streams that we open.</summary>
    public ulong MaximumStreamDataBidirectionalRemote { get; init; }

    /// <summary>initial_max_stream_data_uni</summary>
    public ulong MaximumStreamDataUnidirectional { get; init; }

    /// <summary>initial_max_streams_bidi</summary>
    public ulong BidirectionalStreams { get; init; }

    /// <summary>initial_max_streams_uni</summary>
    public ulong UnidirectionalStreams { get; init; }
}
