using HotQuic.Core.Frames;
using HotQuic.Core.Wire;
using HotQuic.Handlers;

namespace HotQuic;

/// <summary>
/// A stream of a <see cref="QuicStreamHandler"/>, by value: a reference to pooled state and the generation that it is good for. It may be
/// kept and copied; after <see cref="QuicStreamHandler.OnClosed"/> it is stale, which every member notices, so that it never reaches the
/// stream that has the state then.
/// </summary>
/// <remarks>
/// Members may be used on the thread of the connection's shard only, that is inside calls of handlers, and throw
/// <see cref="InvalidOperationException"/> elsewhere: <see cref="QuicConnectionHandle.Post"/> leads there. On a stale handle they throw
/// <see cref="ObjectDisposedException"/>. <see cref="IsValid"/>, comparing and <see cref="ToString"/> are free of both.
/// </remarks>
public readonly struct QuicStreamHandle : IEquatable<QuicStreamHandle>
{
    private readonly HandledStream? _stream;
    private readonly uint _generation;

    internal QuicStreamHandle(HandledStream stream, uint generation)
    {
        _stream = stream;
        _generation = generation;
    }

    /// <summary>Whether the stream is not over yet. From another thread the answer may be outdated as soon as it is given.</summary>
    public bool IsValid => _stream is not null && _stream.Generation == _generation;

    /// <summary>The stream's ID, 0 to 2^62-1 (RFC 9000 §2.1).</summary>
    /// <exception cref="ObjectDisposedException">The stream is over.</exception>
    /// <exception cref="InvalidOperationException">The caller is not on the connection's shard.</exception>
    public long Id => (long)Checked().Id.Value;

    /// <summary>Whether one or both sides send.</summary>
    /// <inheritdoc cref="Id" path="/exception"/>
    public QuicStreamType Type =>
        Checked().Id.Direction == StreamDirection.Bidirectional ? QuicStreamType.Bidirectional : QuicStreamType.Unidirectional;

    /// <summary>The stream's connection.</summary>
    /// <inheritdoc cref="Id" path="/exception"/>
    public QuicConnectionHandle Connection => Checked().ConnectionHandle;

    /// <summary>Whatever the application wants to find again with the stream. Default: null, or what it was opened with.</summary>
    /// <inheritdoc cref="Id" path="/exception"/>
    public object? State
    {
        get => Checked().State;
        set => Checked().State = value;
    }

    /// <summary>When this stream's data goes out among that of the connection's other streams. Default: <see cref="QuicStreamPriority.Default"/>.</summary>
    /// <exception cref="ObjectDisposedException">The stream is over.</exception>
    /// <exception cref="InvalidOperationException">The caller is not on the connection's shard; set: or the stream is one that only the peer writes.</exception>
    public QuicStreamPriority Priority
    {
        get => QuicStreamPriority.FromCore(Checked().Priority);
        set
        {
            HandledStream stream = Checked();
            if (!stream.CanWrite)
            {
                throw new InvalidOperationException("Writing is not allowed on this stream, so it has no priority.");
            }

            stream.SetPriority(value.ToCore());
        }
    }

    /// <summary>
    /// The bytes that <see cref="Write"/> would take now: what is free of the send buffer (<see cref="QuicTransportOptions.SendBufferSize"/>).
    /// 0 too where writing has ended.
    /// </summary>
    /// <inheritdoc cref="Id" path="/exception"/>
    public int WritableBytes => Checked().WritableBytes;

    /// <summary>Compares which stream they are of, over time: a stale handle never equals that of a later stream.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(QuicStreamHandle left, QuicStreamHandle right) => left.Equals(right);

    /// <summary>The opposite of being equal.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(QuicStreamHandle left, QuicStreamHandle right) => !left.Equals(right);

    /// <summary>
    /// Copies what fits into the send buffer. Where that is less than all, <see cref="QuicStreamHandler.OnWritable"/> tells when there is room for
    /// the rest. Where writing was aborted, by either side, nothing is taken and that call does not come.
    /// </summary>
    /// <param name="data">The bytes; they are the caller's again when this returns.</param>
    /// <param name="completeWrites">Whether the stream ends with these bytes, so that the peer learns of it together with them; it has no effect unless all fit.</param>
    /// <returns>The bytes taken, 0 to the length of <paramref name="data"/>.</returns>
    /// <exception cref="ObjectDisposedException">The stream is over.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller is not on the connection's shard, the stream is one that only the peer writes, or its writes were completed.
    /// </exception>
    public int Write(ReadOnlySpan<byte> data, bool completeWrites = false) => Checked().Write(data, completeWrites);

    /// <summary>Ends the writing side after what was written (FIN, RFC 9000 §2.4). A second time does nothing.</summary>
    /// <exception cref="ObjectDisposedException">The stream is over.</exception>
    /// <exception cref="InvalidOperationException">The caller is not on the connection's shard, or the stream is one that only the peer writes.</exception>
    public void CompleteWrites() => Checked().CompleteWrites();

    /// <summary>
    /// Ends one or both sides at once: asks the peer to stop sending (RFC 9000 §19.5), gives up what it has not acknowledged (RFC 9000 §19.4). A side that has
    /// ended, or that the stream does not have, stays as it is. The handler hears no more of what was aborted.
    /// </summary>
    /// <param name="direction">Which sides.</param>
    /// <param name="errorCode">The code that the peer gets, 0 to 2^62-1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The code is out of range, or the direction none of those there are.</exception>
    /// <inheritdoc cref="Id" path="/exception"/>
    public void Abort(QuicAbortDirection direction, long errorCode)
    {
        HandledStream stream = Checked();
        ArgumentOutOfRangeException.ThrowIfNegative(errorCode);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)errorCode, VarInt.MaxValue, nameof(errorCode));
        if (direction is < QuicAbortDirection.Read or > QuicAbortDirection.Both)
        {
            throw new ArgumentOutOfRangeException(nameof(direction), direction, "Expected Read, Write or Both.");
        }

        stream.Abort(direction, errorCode);
    }

    /// <summary>
    /// No more <see cref="QuicStreamHandler.OnData"/> until <see cref="ResumeReading"/>. What comes meanwhile is kept, and the peer is slowed down by the
    /// stream's flow control (RFC 9000 §4.1).
    /// </summary>
    /// <inheritdoc cref="Id" path="/exception"/>
    public void PauseReading() => Checked().PauseReading();

    /// <summary>
    /// Ends a pause: what was left comes after the call under way has returned. Inside <see cref="QuicStreamHandler.OnData"/> it takes
    /// <see cref="PauseReading"/> back, but consuming less than all still pauses.
    /// </summary>
    /// <inheritdoc cref="Id" path="/exception"/>
    public void ResumeReading() => Checked().ResumeReading();

    /// <inheritdoc/>
    public bool Equals(QuicStreamHandle other) => _stream == other._stream && _generation == other._generation;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is QuicStreamHandle other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_stream, _generation);

    /// <inheritdoc/>
    public override string ToString() => IsValid ? $"Stream {_stream!.Id.Value}" : "Stream that is over";

    private HandledStream Checked()
    {
        if (_stream is null || _stream.Generation != _generation)
        {
            ThrowStale();
        }

        if (!_stream.Connection.Shard.IsCurrent)
        {
            ThrowElsewhere();
        }

        return _stream;
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void ThrowStale() => throw new ObjectDisposedException(nameof(QuicStreamHandle), "The stream is over.");

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void ThrowElsewhere() => throw new InvalidOperationException(
        "Expected to be called on the connection's shard, inside a call of its handlers: use QuicConnectionHandle.Post to get there.");
}
