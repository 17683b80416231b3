using System.IO.Pipelines;
using HotQuic.Core.Wire;
using HotQuic.Http3.Errors;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Requests;

/// <summary>
/// A request's content as a pipe: what is written goes into the stream's own memory, behind room for the header of its DATA frame, which
/// is filled in when it is known how long the frame is.
/// </summary>
internal sealed class BodyWriter(PipeWriter output) : PipeWriter
{
    private const int LengthBytes = 4;
    private const int HeaderRoom = 1 + LengthBytes;
    private const int SmallestFrame = 1024;
    private const int LargestFrame = (1 << 30) - 1;

    private Memory<byte> _memory;
    private int _written;
    private bool _isCompleted;

    /// <summary>Whether the server asked for no more (RFC 9114 §4.1).</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Whether the stream or its connection ended below: why, whoever reads the response learns, and not from who writes.</summary>
    public bool IsCutOff { get; private set; }

    public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

    public override long UnflushedBytes => output.UnflushedBytes + _written;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sizeHint, LargestFrame);
        if (_isCompleted)
        {
            throw new InvalidOperationException("Writing is not allowed after the writer was completed.");
        }

        if (_memory.Length - HeaderRoom - _written < Math.Max(1, sizeHint))
        {
            Finish();
            _memory = output.GetMemory(Math.Max(sizeHint, SmallestFrame) + HeaderRoom);
        }

        return _memory[(HeaderRoom + _written)..];
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Math.Max(0, _memory.Length - HeaderRoom - _written));
        _written += bytes;
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Finish();
        try
        {
            FlushResult result = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            IsStopped |= result.IsCompleted;
            return result;
        }
        catch (Exception e) when (Http3Failure.IsTransports(e))
        {
            IsCutOff = true;
            throw;
        }
    }

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    /// <summary>The content is whole; with an exception, it never will be, and whoever sends the request fails by it.</summary>
    public override void Complete(Exception? exception = null)
    {
        _isCompleted = true;
        if (exception is not null)
        {
            Failure = exception;
        }
    }

    /// <summary>What the writer was completed with.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether the request ends unfinished.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Nobody needs the content: the request ends unfinished, and its response is read all the same.</summary>
    public void Abandon() => IsAbandoned = true;

    /// <summary>Ends the DATA frame that is being written.</summary>
    public void Finish()
    {
        if (_written > 0)
        {
            Span<byte> header = _memory.Span;
            header[0] = (byte)Http3FrameType.Data;
            VarInt.WriteAs(header[1..], (ulong)_written, LengthBytes);
            output.Advance(HeaderRoom + _written);
        }

        _memory = default;
        _written = 0;
    }
}
