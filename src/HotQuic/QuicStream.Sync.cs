using System.Buffers;
using System.Net.Sockets;
using HotQuic.Streams;

namespace HotQuic;

/// <summary>What <see cref="Stream"/> wants besides: blocking calls, arrays, callbacks, and what a network stream does not have.</summary>
public sealed partial class QuicStream
{
    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanTimeout => true;

    /// <summary>
    /// The time that a blocking read may take, in milliseconds, at least 1, or <see cref="Timeout.Infinite"/>, the default. A read that
    /// takes longer is cancelled, which aborts the reading side.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither.</exception>
    public override int ReadTimeout
    {
        get => _readTimeout;
        set => _readTimeout = CheckedTimeout(value);
    }

    /// <summary>
    /// The time that a blocking write may take, in milliseconds, at least 1, or <see cref="Timeout.Infinite"/>, the default. A write that
    /// takes longer is cancelled, which aborts the writing side.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither.</exception>
    public override int WriteTimeout
    {
        get => _writeTimeout;
        set => _writeTimeout = CheckedTimeout(value);
    }

    /// <summary>A stream of the network has no length.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw new NotSupportedException();

    /// <summary>A stream of the network has no position.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Does nothing: what was written is sent as soon as it may.</summary>
    public override void Flush()
    {
    }

    /// <summary>Does nothing: what was written is sent as soon as it may.</summary>
    /// <param name="cancellationToken">Where cancelled already, the task is so too.</param>
    /// <returns>A task that has ended.</returns>
    public override Task FlushAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken = default)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken = default)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), completeWrites: false, cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    /// <inheritdoc/>
    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override void EndWrite(IAsyncResult asyncResult)
    {
        if (TaskToAsyncResult.Unwrap(asyncResult) is Task<int>)
        {
            throw new ArgumentException("Expected the result of BeginWrite, not of BeginRead.", nameof(asyncResult));
        }

        TaskToAsyncResult.End(asyncResult);
    }

    /// <summary>Reads what there is, blocking until there is at least one byte, or the end.</summary>
    /// <param name="buffer">Where to put the bytes.</param>
    /// <param name="offset">Where in the buffer to begin.</param>
    /// <param name="count">The most to read, in bytes.</param>
    /// <returns>The number of bytes read; 0 at the end.</returns>
    /// <exception cref="IOException">
    /// <see cref="ReadTimeout"/> has passed: a <see cref="SocketException"/> with <see cref="SocketError.TimedOut"/> is inside, and the
    /// reading side is aborted.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The stream cannot be read, a read is under way, or the caller runs on a shard's thread
    /// (<see cref="QuicTransportOptions.CompletesInline"/>), which would wait for itself.
    /// </exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        ThrowIfOnShard();
        using CancellationTokenSource? timeout = StartTimeout(_readTimeout);
        try
        {
            return ReadAsync(buffer.AsMemory(offset, count), timeout?.Token ?? CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (timeout is { IsCancellationRequested: true })
        {
            throw TimedOut("read");
        }
    }

    /// <inheritdoc cref="Read(byte[], int, int)"/>
    public override int Read(Span<byte> buffer)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            int count = Read(copy, 0, buffer.Length);
            copy.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    /// <summary>Reads one byte, blocking until there is one.</summary>
    /// <returns>The byte; -1 at the end.</returns>
    /// <inheritdoc cref="Read(byte[], int, int)" path="/exception"/>
    public override int ReadByte()
    {
        byte one = 0;
        return Read(new Span<byte>(ref one)) == 0 ? -1 : one;
    }

    /// <summary>Writes all bytes, blocking while the send buffer is full.</summary>
    /// <param name="buffer">The bytes.</param>
    /// <param name="offset">Where in the buffer they begin.</param>
    /// <param name="count">How many they are.</param>
    /// <exception cref="IOException">
    /// <see cref="WriteTimeout"/> has passed: a <see cref="SocketException"/> with <see cref="SocketError.TimedOut"/> is inside, and the
    /// writing side is aborted.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The stream cannot be written, its writes were completed, a write is under way, or the caller runs on a shard's thread
    /// (<see cref="QuicTransportOptions.CompletesInline"/>), which would wait for itself.
    /// </exception>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        ThrowIfOnShard();
        using CancellationTokenSource? timeout = StartTimeout(_writeTimeout);
        try
        {
            WriteAsync(buffer.AsMemory(offset, count), completeWrites: false, timeout?.Token ?? CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (timeout is { IsCancellationRequested: true })
        {
            throw TimedOut("write");
        }
    }

    /// <inheritdoc cref="Write(byte[], int, int)"/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            buffer.CopyTo(copy);
            Write(copy, 0, buffer.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    /// <summary>Writes one byte, blocking while the send buffer is full.</summary>
    /// <param name="value">The byte.</param>
    /// <inheritdoc cref="Write(byte[], int, int)" path="/exception"/>
    public override void WriteByte(byte value) => Write(new ReadOnlySpan<byte>(in value));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            // Blocking for the peer's acknowledgement would serve nobody: what was written is delivered all the same.
            _driver.Post(StreamMessageKind.Dispose, _generation, StreamDisposal.Rent(this, isAwaited: false));
        }

        base.Dispose(disposing);
    }

    private static CancellationTokenSource? StartTimeout(int milliseconds) =>
        milliseconds == Timeout.Infinite ? null : new CancellationTokenSource(milliseconds);

    private static IOException TimedOut(string operation) =>
        new($"The {operation} took longer than its timeout.", new SocketException((int)SocketError.TimedOut));

    private void ThrowIfOnShard()
    {
        if (_connection.Driver.Shard.IsCurrent)
        {
            throw new InvalidOperationException("A blocking call on a shard's thread would wait for itself: await instead.");
        }
    }

    private static int CheckedTimeout(int milliseconds)
    {
        if (milliseconds is <= 0 and not Timeout.Infinite)
        {
            throw new ArgumentOutOfRangeException(nameof(milliseconds), milliseconds, "Expected at least 1 millisecond, or Timeout.Infinite.");
        }

        return milliseconds;
    }
}
