using HotQuic.Errors;
using HotQuic.Handlers;
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
    }

    private void OnStaleMessage(in ShardMessage message)
    {
        switch ((ConnectionMessageKind)message.Kind)
        {
            case ConnectionMessageKind.Accept:
                OnAcceptedTooLate((HandledConnection)message.Argument!);
                break;
            case ConnectionMessageKind.Open or ConnectionMessageKind.Close or ConnectionMessageKind.Dispose
                or ConnectionMessageKind.SendDatagram or ConnectionMessageKind.ReceiveDatagram:
                AwaitedConnection.Refuse(message);
                break;
        }
    }
}
