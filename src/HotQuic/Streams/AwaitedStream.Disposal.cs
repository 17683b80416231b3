using HotQuic.Errors;

namespace HotQuic.Streams;

/// <summary>The end of a life: the handle was disposed of, and the state goes back to its pool once nobody has hold of it.</summary>
internal sealed partial class AwaitedStream
{
    private bool _isDisposed;
    private StreamDisposal? _disposal;
    private QuicStream? _handle;

    /// <summary>Nobody will ever have a handle on the stream.</summary>
    public void GiveUp() => OnDispose(disposal: null);

    private void OnDispose(StreamDisposal? disposal)
    {
        _isDisposed = true;
        _watcher = null;
        _disposal = disposal;
        _handle = disposal?.Handle;
        if (!Reading.IsEnded)
        {
            AbortReading(Connection.DefaultStreamErrorCode, new EndCause(Failure.ReadingAborted));
        }

        if (Writing.IsPending)
        {
            AbortWriting(Connection.DefaultStreamErrorCode, new EndCause(Failure.WritingAborted));
        }
        else
        {
            Finish();
        }

        if (Core is null || Connection.Failure is not null)
        {
            CompleteDisposal();
        }

        TryReturn();
    }

    private void CompleteDisposal()
    {
        _disposal?.Complete();
        _disposal = null;
    }

    private void TryReturn()
    {
        if (!_isDisposed || Core is not null)
        {
            return;
        }

        // The handle, where there was one, answers for itself once this state is another stream's. Told once: of one half the next life may
        // have begun when the other's last result is taken.
        _handle?.Settle(Reading.Outcome, Writing.Outcome);
        _handle = null;
        if (TryRecyclePipes() && Reading.TryRecycle(Generation) && Writing.TryRecycle(Generation))
        {
            EndLife();
            _isDisposed = false;
            _isFinishWanted = false;
            _abortedBy = null;
            Connection.Shard.AwaitedStreams.Return(this);
        }
    }
}
