using System.IO.Pipelines;

namespace HotQuic.Http3.Requests;

/// <summary>What one request sends: a HEADERS frame that is ready, then bytes that are there, or whatever a delegate writes.</summary>
internal readonly struct RequestMessage
{
    /// <summary>The HEADERS frame; it stays as it is until the request was sent.</summary>
    public required ReadOnlyMemory<byte> Head { get; init; }

    /// <summary>The size of its section as SETTINGS_MAX_FIELD_SECTION_SIZE counts it.</summary>
    public required long SectionSize { get; init; }

    public QuicStreamPriority Priority { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Writes the body instead; the frame goes out with its first flush.</summary>
    public Func<PipeWriter, CancellationToken, ValueTask>? BodyWriter { get; init; }

    /// <summary>Whether the response has no content whatever its fields say: it answers HEAD (RFC 9110 §9.3.2).</summary>
    public bool IsHead { get; init; }

    /// <summary>Whether the caller took the place among the streams that the server allows.</summary>
    public bool IsReserved { get; init; }

    public Http3InterimCallback? OnInterim { get; init; }
}
