using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Qpack;

/// <summary>What became of a field section.</summary>
internal enum QpackOutcomeKind
{
    /// <summary>Every field line went to the sink.</summary>
    Decoded,

    /// <summary>It refers to table entries that have not arrived. No field line went to the sink; decode it again when they have.</summary>
    Blocked,

    /// <summary>It is larger than the limit given; the sink has seen its beginning.</summary>
    TooLarge,

    /// <summary>The sink asked to stop.</summary>
    Stopped,

    /// <summary>It cannot be decoded, which ends the connection with <see cref="QpackOutcome.Error"/>.</summary>
    Malformed,
}

/// <summary>The answer to <see cref="QpackDecoder.Decode"/>.</summary>
/// <param name="Kind">What became of the section.</param>
/// <param name="RequiredInsertCount">If blocked: the section can be decoded once <see cref="QpackDecoder.InsertCount"/> is at least this.</param>
/// <param name="Error">If malformed: the connection error.</param>
internal readonly record struct QpackOutcome(QpackOutcomeKind Kind, long RequiredInsertCount = 0, Http3Error? Error = null);
