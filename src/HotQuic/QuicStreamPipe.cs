using System.IO.Pipelines;
using HotQuic.Streams;

namespace HotQuic;

/// <summary>
/// The pipes of one stream after another, for servers that keep what serves a stream for the next: <see cref="Attach"/> it to a stream, use
/// <see cref="Input"/> and <see cref="Output"/>, which are then that stream's own, dispose of the stream, and attach it to another. It costs no
/// object a stream, where <see cref="QuicStream.Input"/> and <see cref="QuicStream.Output"/> cost two.
/// </summary>
/// <remarks>
/// For one thread at a time. Whoever keeps a reader or writer of it has those of whatever stream it is attached to next: keep them to the owner
/// of this object. A <see cref="QuicStream"/> that was disposed of leads to neither.
/// </remarks>
public sealed class QuicStreamPipe : IDuplexPipe
{
    private QuicStream? _stream;
    private StreamPipeReader? _input;
    private StreamPipeWriter? _output;

    /// <summary>The reading side of the stream that it is attached to; see <see cref="QuicStream.Input"/>.</summary>
    /// <exception cref="InvalidOperationException">It is attached to no stream, or to one that cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed of and cannot be read.</exception>
    public PipeReader Input => Attached.Input;

    /// <summary>The writing side of the stream that it is attached to; see <see cref="QuicStream.Output"/>.</summary>
    /// <exception cref="InvalidOperationException">It is attached to no stream, or to one that cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed of and cannot be written.</exception>
    public PipeWriter Output => Attached.Output;

    private QuicStream Attached => _stream ?? throw new InvalidOperationException("Expected a stream: Attach one first.");

    /// <summary>Goes on to a stream, whose <see cref="QuicStream.Input"/> and <see cref="QuicStream.Output"/> are this object's from now on.</summary>
    /// <param name="stream">A stream that nobody has asked for its pipes.</param>
    /// <exception cref="ArgumentNullException">There is no stream.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed of.</exception>
    /// <exception cref="InvalidOperationException">The stream's pipes are in use, or the stream before it was not disposed of.</exception>
    public void Attach(QuicStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (_stream is { } former)
        {
            if (!former.IsDisposed)
            {
                throw new InvalidOperationException("The pipe serves a stream: dispose of that one before the next.");
            }

            // What is outstanding of the former stream stays with its handle, and the next gets a new one.
            _input = _input is { IsFree: true } ? _input : null;
            _output = _output is { IsFree: true } ? _output : null;
            former.ForgetPipes();
            _stream = null;
        }

        stream.UsePipes(ref _input, ref _output);
        _stream = stream;
    }
}
