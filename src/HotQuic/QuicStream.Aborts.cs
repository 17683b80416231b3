using HotQuic.Streams;

namespace HotQuic;

/// <summary>How to learn that a stream is over while nothing is read or written.</summary>
public sealed partial class QuicStream
{
    /// <summary>
    /// Called once, when the peer aborts either side (RFC 9000 §19.4, §19.5) or the connection ends before both sides have: with the
    /// exception that a read or a write of that side throws. It learns of what happened before it was set, too, and of nothing that the
    /// application does itself or that comes after it disposed of the stream. It runs on the thread pool, or on the shard's thread with
    /// <see cref="QuicTransportOptions.CompletesInline"/>; what it throws is ignored. It costs less than <see cref="ReadsClosed"/> and
    /// <see cref="WritesClosed"/>, and may be set once. Default: none.
    /// </summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    /// <exception cref="InvalidOperationException">It was set before.</exception>
    /// <exception cref="ObjectDisposedException">Set: the stream was disposed of.</exception>
    public Action<QuicStream, Exception>? AbortedCallback
    {
        get => _finalWrites as Action<QuicStream, Exception>;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (Interlocked.CompareExchange(ref _finalWrites, value, null) is not null)
            {
                throw new InvalidOperationException("The callback was set before: expected to be set once.");
            }

            if (!_driver.TryWatchAborts(this))
            {
                _driver.Post(StreamMessageKind.WatchAborts, _generation, this);
            }
        }
    }
}
