using HotQuic.Errors;
using HotQuic.Handshakes;
using HotQuic.Shards;
using HotQuic.Streams;

namespace HotQuic.Connections;

/// <summary>The end of a connection's life, when protocol and application are both done with it.</summary>
internal sealed partial class ConnectionDriver
{
    /// <summary>Handles of this life are void from now on.</summary>
    public void EndLife()
    {
        if (!_isLifeOver)
        {
            _isLifeOver = true;
            Volatile.Write(ref _generation, _generation + 1);
            Volatile.Write(ref _answers, (long)_generation << AnswerBits);
        }
    }

    /// <summary>Gives the streams back: what was not read is gone.</summary>
    public void ReleaseStreams(Failure failure)
    {
        foreach (StreamDriver stream in _streams)
        {
            stream.OnReleased(failure);
        }

        _streams.Clear();
        Core?.Streams.Release();
    }

    /// <summary>A client could not even start.</summary>
    public void OnStartFailed(Failure failure)
    {
        IsDrained = true;
        _isReleased = true;
        OnClosed(failure);
        EndLife();
        Recycle();
    }

    /// <summary>The shard took it out of a line in which it stood when its life ended.</summary>
    public void OnOutOfLine()
    {
        if (_waitsForLine)
        {
            Recycle();
        }
    }

    private void ReleaseIfUnused()
    {
        // Not in the middle of telling the application things, whatever it does in answer.
        if (!IsDrained || Application is { IsGone: false } || _isReleased || _isDraining)
        {
            return;
        }

        _isReleased = true;
        ReleaseStreams(_failure ?? Failure.ConnectionDisposed);
        EndLife();

        // The next connection may have the object, so this one forgets it. One that broke an assumption of ours is not used again.
        if (!_isFaulty)
        {
            Shard.Endpoint.Return(Core);
        }

        Core = null!;
        Recycle();
    }

    /// <summary>Forgets everything of the life that is over, and waits for the next.</summary>
    private void Recycle()
    {
        // One that the shard still has in a line would stand there for another.
        _waitsForLine = IsTouched || IsLinedUp;
        if (_isFaulty || _waitsForLine)
        {
            return;
        }

        _awaited?.Forget();
        _handled?.Forget();
        Application = null;
        Core = null!;
        Socket = null!;
        DefaultStreamErrorCode = 0;
        DefaultCloseErrorCode = 0;
        _local = default;
        _wantsKeyUpdate = false;
        _isLifeOver = false;
        _handlerFault = null;
        _failure = null;
        ForgetHandshake();
        ForgetAnswers();
        ResetPublished();
        Shard.Drivers.Return(this);
    }

    private void OnStaleMessage(in ShardMessage message)
    {
        switch ((ConnectionMessageKind)message.Kind)
        {
            case ConnectionMessageKind.Accept:
                OnAcceptedTooLate((Acceptance)message.Argument!);
                break;
            case ConnectionMessageKind.Configure:
                ((ServerAnswerWork)message.Argument!).Return();
                break;
            case ConnectionMessageKind.Open or ConnectionMessageKind.Close or ConnectionMessageKind.Dispose
                or ConnectionMessageKind.SendDatagram or ConnectionMessageKind.ReceiveDatagram:
                AwaitedConnection.Refuse(message);
                break;
        }
    }
}
