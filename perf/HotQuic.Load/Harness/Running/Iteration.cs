using System.Buffers.Binary;
using System.Diagnostics;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Load.Protocol;

namespace HotQuic.Load.Harness.Running;

/// <summary>
/// One iteration of a scenario on a <see cref="RawConnection"/>: <see cref="Begin"/> does the steps one after the other and ends with the
/// first that fails. The object is used again; what streams tell that it is done with does not concern it. Everything on the shard.
/// </summary>
internal sealed class Iteration(RawConnection connection) : QuicStreamHandler
{
    private const int StampLength = sizeof(long);
    private static readonly byte[] Content = new byte[PerfProtocol.BulkBufferSize];

    private readonly IReadOnlyList<LoadStep> _steps = connection.Context.Scenario.Steps;
    private readonly byte[] _stamp = new byte[StampLength];
    private LaneSchedule? _schedule;
    private int _step;
    private long _stepStart;
    private QuicStreamHandle _stream;
    private int _unsent;
    private int _received;
    private long _datagramKey;

    /// <summary>Where its connection has it.</summary>
    public int ActiveIndex { get; set; }

    /// <summary>Differs from one use of the object to the next.</summary>
    public int Generation { get; private set; }

    /// <summary>Who is told of its end.</summary>
    public LaneSchedule Schedule => _schedule!;

    /// <summary>When it was to begin.</summary>
    public IterationStart Start { get; private set; }

    /// <summary>Begins with this of the steps.</summary>
    public void Begin(LaneSchedule schedule, IterationStart start, int firstStep)
    {
        _schedule = schedule;
        Start = start;
        _step = firstStep;
        Run(firstStep == 0 ? start.Due : Stopwatch.GetTimestamp());
    }

    /// <summary>The pause is over.</summary>
    public void Wake() => RunNext(Stopwatch.GetTimestamp());

    /// <summary>Fails where the step has taken too long, or the run is over.</summary>
    public void FailIfLate(long now)
    {
        LoadPhase phase = Schedule.Phase;
        if (now >= phase.AbandonAt)
        {
            Fail(FailureKinds.Abandoned);
        }
        else if (now - _stepStart > phase.Timeout && _steps[_step] is not PauseStep)
        {
            Fail(FailureKinds.Timeout);
        }
    }

    /// <summary>The step, and with it the iteration, has failed.</summary>
    public void Fail(string kind)
    {
        if (_stream.IsValid)
        {
            _stream.Abort(QuicAbortDirection.Both, PerfProtocol.NoError);
        }

        Schedule.Tally.OnFailed(_step + 1, kind);
        Schedule.Tally.OnFailed(0, kind);
        End();
    }

    /// <summary>The stream is there that was asked for.</summary>
    public void OnOpened(QuicStreamHandle stream)
    {
        _stream = stream;
        _received = 0;
        _unsent = ((RequestStep)_steps[_step]).RequestBytes;
        if (connection.Context.OnStamp is not null && _unsent >= StampLength)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_stamp, _stepStart);
            _unsent -= stream.Write(_stamp, completeWrites: _unsent == StampLength);
            if (_unsent == 0)
            {
                return;
            }
        }

        Send(stream);
    }

    /// <summary>What became of the datagram.</summary>
    public void OnDatagramEnded(string? failure, int received)
    {
        _datagramKey = 0;
        if (failure is not null)
        {
            Fail(failure);
            return;
        }

        Schedule.Tally.OnMoved(_step + 1, received);
        Succeed();
    }

    public override void OnWritable(QuicStreamHandle stream)
    {
        if (stream == _stream)
        {
            Send(stream);
        }
    }

    public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        if (stream != _stream)
        {
            return data.Length;
        }

        if (connection.Context.OnStamp is not null)
        {
            KeepStamp(data);
        }

        _received += data.Length;
        Schedule.Tally.OnMoved(_step + 1, data.Length);
        if (isEnd)
        {
            OnResponse(stream);
        }

        return data.Length;
    }

    public override void OnReadingAborted(QuicStreamHandle stream, long errorCode)
    {
        if (stream == _stream)
        {
            Fail(FailureKinds.StreamAborted(errorCode));
        }
    }

    private void Run(long now)
    {
        _stepStart = now;
        switch (_steps[_step])
        {
            case RequestStep:
                connection.Open(this);
                break;
            case DatagramStep datagram:
                SendDatagram(datagram);
                break;
            case PauseStep pause:
                connection.Sleep(this, now + (long)(pause.During.TotalSeconds * Stopwatch.Frequency));
                break;
            default:
                throw new InvalidOperationException("A connection is made before its iteration begins here.");
        }
    }

    private void SendDatagram(DatagramStep step)
    {
        if (!connection.TrySend(this, step, out _datagramKey))
        {
            Fail(FailureKinds.DatagramNotSent);
            return;
        }

        Schedule.Tally.OnMoved(_step + 1, step.Bytes);
    }

    private void OnResponse(QuicStreamHandle stream)
    {
        if (_unsent > 0)
        {
            stream.Abort(QuicAbortDirection.Write, PerfProtocol.NoError);
        }

        if (((RequestStep)_steps[_step]).ResponseBytes is { } expected && expected != _received)
        {
            Fail(FailureKinds.WrongSize);
            return;
        }

        if (connection.Context.OnStamp is { } onStamp)
        {
            onStamp(Stopwatch.GetTimestamp() - BinaryPrimitives.ReadInt64LittleEndian(_stamp));
        }

        _stream = default;
        Succeed();
    }

    private void Succeed()
    {
        long now = Stopwatch.GetTimestamp();
        Schedule.Tally.OnSucceeded(_step + 1, now - _stepStart);
        RunNext(now);
    }

    private void RunNext(long now)
    {
        if (++_step < _steps.Count)
        {
            Run(now);
            return;
        }

        Schedule.Tally.OnSucceeded(0, now - Start.Due);
        End();
    }

    private void End()
    {
        Generation++;
        _stream = default;
        if (_datagramKey != 0)
        {
            connection.Forget(_datagramKey);
            _datagramKey = 0;
        }

        connection.OnEnded(this);
    }

    private void KeepStamp(ReadOnlySpan<byte> data)
    {
        if (_received < StampLength)
        {
            data[..Math.Min(data.Length, StampLength - _received)].CopyTo(_stamp.AsSpan(_received));
        }
    }

    private void Send(QuicStreamHandle stream)
    {
        int length;
        int taken;
        int before = _unsent;
        do
        {
            length = Math.Min(_unsent, Content.Length);
            taken = stream.Write(Content.AsSpan(0, length), completeWrites: length == _unsent);
            _unsent -= taken;
        }
        while (taken == length && _unsent > 0);
        Schedule.Tally.OnMoved(_step + 1, before - _unsent);
    }
}
