using HotQuic.Streams;

namespace HotQuic;

/// <summary>What System.Net.Quic's stream lacks: a priority, and a place for the application's own state.</summary>
public sealed partial class QuicStream
{
    private QuicStreamPriority _priority;

    /// <summary>Whatever the application wants to find again with the stream. The library does not look at it; set it before others may read it.</summary>
    public object? State { get; set; }

    /// <summary>
    /// When this stream's data goes out among that of the connection's other streams. It may be set at any time, from any thread, and holds for
    /// what was not sent yet. It starts as it was given to
    /// <see cref="QuicConnection.OpenOutboundStreamAsync(QuicStreamType, QuicStreamPriority, CancellationToken)"/>, and as
    /// <see cref="QuicStreamPriority.Default"/> for the peer's streams.
    /// </summary>
    /// <exception cref="ObjectDisposedException">Set: the stream was disposed of.</exception>
    /// <exception cref="InvalidOperationException">Set: the stream cannot be written.</exception>
    public QuicStreamPriority Priority
    {
        get => _priority;
        set
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (!_canWrite)
            {
                throw new InvalidOperationException("Writing is not allowed on this stream, so it has no priority.");
            }

            _priority = value;
            Post(StreamMessageKind.SetPriority, value.Value);
        }
    }
}
