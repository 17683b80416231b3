using System.Buffers;
using System.IO.Pipelines;
using static HotQuic.Http3.Requests.Exchange;

namespace HotQuic.Http3.Requests;

/// <summary>
/// A response's content as a pipe: what it shows lies within one DATA frame, in the memory that the stream's own reader shows. Only for
/// whoever wants more at once than a frame has, frames are copied together.
/// </summary>
internal sealed class BodyReader(Exchange exchange, int generation) : PipeReader
{
    private ReadOnlySequence<byte> _shown;

    /// <summary>How much content the application has looked at and kept.</summary>
    private long _examined;

    /// <summary>Content of several frames that was kept, taken off the exchange already.</summary>
    private byte[] _kept = [];
    private int _keptStart;
    private int _keptLength;
    private bool _isReading;
    private bool _isCompleted;

    private ReadOnlySequence<byte> Kept => new(_kept, _keptStart, _keptLength);

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        Enter();
        if (_keptLength > _examined)
        {
            Show(Kept, isCanceled: false, isEnd: false, out ReadResult kept);
            return kept;
        }

        try
        {
            while (true)
            {
                FrameStep step = await exchange.NextAsync(cancellationToken, Math.Max(0, _examined - _keptLength)).ConfigureAwait(false);
                if (TryShow(step, out ReadResult result))
                {
                    return result;
                }
            }
        }
        catch
        {
            exchange.LeaveRead(generation);
            throw;
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        Enter();
        if (_keptLength > _examined)
        {
            return Show(Kept, isCanceled: false, isEnd: false, out result);
        }

        try
        {
            while (exchange.TryNext(Math.Max(0, _examined - _keptLength), out FrameStep step))
            {
                if (TryShow(step, out result))
                {
                    return true;
                }
            }
        }
        catch
        {
            exchange.LeaveRead(generation);
            throw;
        }

        exchange.LeaveRead(generation);
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_isReading)
        {
            throw new InvalidOperationException("AdvanceTo follows a read, once: nothing was read since.");
        }

        long taken = LengthTo(consumed);
        _examined = LengthTo(examined) - taken;
        if (_examined < 0)
        {
            throw new InvalidOperationException("What is consumed is examined too: expected examined at or after consumed.");
        }

        _isReading = false;
        _shown = default;
        if (_keptLength > 0)
        {
            _keptStart += (int)taken;
            _keptLength -= (int)taken;
        }
        else if (taken > 0)
        {
            exchange.Consume(taken);
        }

        exchange.LeaveRead(generation);
    }

    public override void CancelPendingRead()
    {
        if (exchange.TryEnter(generation))
        {
            exchange.CancelRead();
            exchange.Leave();
        }
    }

    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted)
        {
            return;
        }

        _isCompleted = true;
        if (_isReading)
        {
            _isReading = false;
            exchange.LeaveRead(generation);
        }

        if (exchange.TryEnter(generation))
        {
            exchange.AbortReading();
            exchange.Leave();
        }
    }

    private void Enter()
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Reading is not allowed after the reader was completed.");
        }

        if (_isReading)
        {
            throw new InvalidOperationException("A read is not over before AdvanceTo was called.");
        }

        exchange.EnterRead(generation);
    }

    private bool TryShow(FrameStep step, out ReadResult result)
    {
        bool isEnd = step == FrameStep.End;
        bool isCanceled = step == FrameStep.Canceled;
        if (step == FrameStep.Data)
        {
            ReadOnlySequence<byte> content = exchange.Shown.Slice(0, Math.Min(exchange.Shown.Length, exchange.FrameRemaining));
            if (_keptLength == 0 && content.Length > _examined)
            {
                return Show(content, isCanceled, isEnd, out result);
            }

            Keep(content);
        }

        if (!isEnd && !isCanceled && _keptLength <= _examined)
        {
            result = default;
            return false;
        }

        return Show(Kept, isCanceled, isEnd, out result);
    }

    private bool Show(in ReadOnlySequence<byte> content, bool isCanceled, bool isEnd, out ReadResult result)
    {
        _isReading = true;
        _shown = content;
        result = new ReadResult(content, isCanceled, isEnd);
        return true;
    }

    /// <summary>The application has seen the frame to its end and keeps it: it goes where the next can be put behind it.</summary>
    private void Keep(in ReadOnlySequence<byte> content)
    {
        int length = (int)content.Length;
        if (_keptStart + _keptLength + length > _kept.Length)
        {
            byte[] larger = new byte[Math.Max(2 * _keptLength, 4096) + length];
            _kept.AsSpan(_keptStart, _keptLength).CopyTo(larger);
            _kept = larger;
            _keptStart = 0;
        }

        content.CopyTo(_kept.AsSpan(_keptStart + _keptLength));
        _keptLength += length;
        exchange.Consume(length);
    }

    private long LengthTo(SequencePosition position) => position.GetObject() is null ? 0 : _shown.Slice(0, position).Length;
}
