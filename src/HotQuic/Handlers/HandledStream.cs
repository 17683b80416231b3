using HotQuic.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Errors;
using HotQuic.Streams;

namespace HotQuic.Handlers;

/// <summary>
/// A stream whose application is called: what a <see cref="QuicStreamHandle"/> stands for. Data is shown where it was received and copied
/// nowhere; what is written is copied once, into the send buffer. It goes back to its pool after <see cref="QuicStreamHandler.OnClosed"/>.
/// </summary>
internal sealed class HandledStream : StreamDriver
{
    private HandledConnection _connection = null!;
    private QuicStreamHandler? _handler;
    private bool _isReadable;
    private bool _isWritable;
    private bool _isCompleted;
    private bool _isPaused;
    private bool _isTellingData;
    private bool _isEndTold;
    private bool _isResumeQueued;
    private bool _isCloseOwed;
    private long? _readAbortDue;

    /// <summary>The application's own.</summary>
    public object? State { get; set; }

    public QuicStreamHandle Handle => new(this, Generation);

    public QuicConnectionHandle ConnectionHandle => _connection.Handle;

    /// <summary>What the send buffer has room for.</summary>
    public int WritableBytes =>
        _isWritable && !_isCompleted && Core is not null ? (int)Math.Min(Streams.Room(Core), int.MaxValue) : 0;

    private bool IsOver => _connection.IsOver;

    public override void Begin(ConnectionDriver connection, QuicStreamState stream, bool isOurs)
    {
        base.Begin(connection, stream, isOurs);
        _connection = (HandledConnection)connection.Application!;
        bool isBidirectional = stream.Id.Direction == StreamDirection.Bidirectional;
        _isReadable = isBidirectional || !isOurs;
        _isWritable = isBidirectional || isOurs;
    }

    /// <summary>Who is told from now on.</summary>
    public void Attach(QuicStreamHandler handler) => _handler = handler;

    /// <summary>Nobody wants the stream: both sides end with the code.</summary>
    public void Refuse(long code)
    {
        Abort(QuicAbortDirection.Both, code);
        State = null;
    }

    /// <summary>Copies what fits, and ends the stream after it if all did and that is wanted.</summary>
    /// <exception cref="InvalidOperationException">The stream is not ours to write, or was completed.</exception>
    public int Write(ReadOnlySpan<byte> data, bool completeWrites)
    {
        CheckHasSendingPart();
        if (_isCompleted)
        {
            throw new InvalidOperationException("The writing side was completed: nothing can be written after that.");
        }

        if (!_isWritable || Core is null || Streams.Write(Core, data, out int accepted) != StreamResult.Done)
        {
            return 0;
        }

        if (completeWrites && accepted == data.Length)
        {
            _isCompleted = true;
            Streams.Finish(Core);
        }

        Connection.Touch();
        return accepted;
    }

    /// <summary>Whether this side sends on the stream at all.</summary>
    public bool CanWrite => Id.Direction == StreamDirection.Bidirectional || Id.Initiator == Connection.Core.Role;

    /// <summary>Ends the stream after what was written.</summary>
    /// <exception cref="InvalidOperationException">The stream is not ours to write.</exception>
    public void CompleteWrites()
    {
        CheckHasSendingPart();
        _isCompleted = true;
        if (_isWritable && Core is not null)
        {
            Streams.Finish(Core);
            Connection.Touch();
        }
    }

    /// <summary>Ends one or both sides at once; a side that the stream does not have, or that has ended, stays as it is.</summary>
    public void Abort(QuicAbortDirection direction, long code)
    {
        if (direction.HasFlag(QuicAbortDirection.Read) && _isReadable)
        {
            _isReadable = false;
            if (_isTellingData)
            {
                // The callback still looks at the bytes that this would drop.
                _readAbortDue = code;
            }
            else if (Core is not null)
            {
                Streams.StopSending(Core, (ulong)code);
            }
        }

        if (direction.HasFlag(QuicAbortDirection.Write) && _isWritable)
        {
            _isWritable = false;
            if (Core is not null)
            {
                Streams.Reset(Core, (ulong)code);
            }
        }

        Connection.Touch();
    }

    public void PauseReading() => _isPaused = true;

    public void ResumeReading()
    {
        _isPaused = false;
        if (!_isTellingData && !_isResumeQueued)
        {
            _isResumeQueued = true;
            _connection.Resume(this);
        }
    }

    /// <summary>What was not read because of the pause is told now.</summary>
    public void OnResumed()
    {
        _isResumeQueued = false;
        TellData();
        if (_isCloseOwed && !IsEndOwed)
        {
            Connection.Forget(this);
            Close();
        }
    }

    public override void OnReadable() => TellData();

    public override void OnReceiveFinished() => TellData();

    public override void OnReceiveReset(ulong code)
    {
        if (!_isReadable || IsOver)
        {
            return;
        }

        _isReadable = false;
        try
        {
            _handler?.OnReadingAborted(Handle, (long)code);
        }
        catch (Exception exception)
        {
            _connection.OnHandlerFault(exception);
        }
    }

    public override void OnSendStopped(ulong code)
    {
        if (!_isWritable || IsOver)
        {
            return;
        }

        _isWritable = false;
        try
        {
            _handler?.OnWritingAborted(Handle, (long)code);
        }
        catch (Exception exception)
        {
            _connection.OnHandlerFault(exception);
        }
    }

    public override void OnWritable()
    {
        if (!_isWritable || IsOver)
        {
            return;
        }

        try
        {
            _handler?.OnWritable(Handle);
        }
        catch (Exception exception)
        {
            _connection.OnHandlerFault(exception);
        }
    }

    public override void OnSendAcknowledged()
    {
        if (IsOver)
        {
            return;
        }

        _isWritable = false;
        try
        {
            _handler?.OnWritesAcknowledged(Handle);
        }
        catch (Exception exception)
        {
            _connection.OnHandlerFault(exception);
        }
    }

    public override void OnClosed()
    {
        Detach();
        if (IsEndOwed)
        {
            // The protocol is done with a stream whose end nobody was told, since its reading is paused.
            _isCloseOwed = true;
            Connection.Keep(this);
            return;
        }

        Close();
    }

    public override void OnConnectionClosed(Failure failure)
    {
        // Its release follows at once: what arrived and was not taken is gone.
    }

    public override void OnReleased(Failure failure)
    {
        Close();
    }

    /// <summary>The end was reached and is still to be told.</summary>
    private bool IsEndOwed => _isReadable && !_isEndTold && !IsOver && _handler is not null;

    /// <summary>Shows what can be read, piece by piece, until nothing is left or the handler leaves some.</summary>
    private void TellData()
    {
        while (_handler is not null && _isReadable && !_isPaused && !_isEndTold && !IsOver)
        {
            ReadOnlySpan<byte> data = default;
            bool isEnd = Core is null;
            if (Core is not null)
            {
                if (Streams.Peek(Core, out data) != StreamResult.Done)
                {
                    return;
                }

                isEnd = Core.Receive.EndsAfter(data.Length);
            }

            if ((data.IsEmpty && !isEnd) || !TryTell(data, isEnd, out int consumed))
            {
                return;
            }

            _isEndTold = isEnd && consumed == data.Length;
            _isPaused |= consumed < data.Length;
            OnTold(consumed);
        }
    }

    private bool TryTell(ReadOnlySpan<byte> data, bool isEnd, out int consumed)
    {
        _isTellingData = true;
        try
        {
            consumed = _handler!.OnData(Handle, data, isEnd);
            if ((uint)consumed <= (uint)data.Length)
            {
                return true;
            }

            throw new InvalidOperationException($"OnData returned {consumed}: expected the bytes consumed, 0 to {data.Length}.");
        }
        catch (Exception exception)
        {
            consumed = 0;
            _connection.OnHandlerFault(exception);
            return false;
        }
        finally
        {
            _isTellingData = false;
        }
    }

    private void OnTold(int consumed)
    {
        if (Core is null)
        {
            return;
        }

        if (consumed > 0)
        {
            Streams.Consume(Core, consumed, out _);
        }

        if (_readAbortDue is { } code)
        {
            _readAbortDue = null;
            Streams.StopSending(Core, (ulong)code);
        }
    }

    private void Close()
    {
        try
        {
            _handler?.OnClosed(Handle);
        }
        catch (Exception exception)
        {
            _connection.OnHandlerFault(exception);
        }

        Detach();
        EndLife();
        _handler = null;
        State = null;
        _isCompleted = false;
        _isPaused = false;
        _isEndTold = false;
        _isResumeQueued = false;
        _isCloseOwed = false;
        _readAbortDue = null;
        Connection.Shard.HandledStreams.Return(this);
    }

    private void CheckHasSendingPart()
    {
        if (!CanWrite)
        {
            throw new InvalidOperationException("The stream cannot be written: the peer opened it in one direction.");
        }
    }
}
