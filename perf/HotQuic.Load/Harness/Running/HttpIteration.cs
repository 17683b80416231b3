using System.Diagnostics;
using HotQuic.Http3;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Running;

/// <summary>
/// One iteration of an HTTP/3 scenario: <see cref="RunAsync"/> does the steps one after the other, and ends with the first that fails. The object is
/// used again. <see cref="CancelIfLate"/> from any thread.
/// </summary>
internal sealed class HttpIteration(HttpContext context, HttpLane lane) : IDisposable
{
    private const int FirstFailure = 400;

    private readonly Lock _gate = new();
    private CancellationTokenSource _cancel = new();
    private LaneSchedule? _schedule;
    private long _stepStart;
    private long _patience;
    private bool _isRunning;

    /// <summary>Where its lane has it.</summary>
    public int ActiveIndex { get; set; }

    /// <summary>Who is told of its end.</summary>
    public LaneSchedule Schedule => _schedule!;

    /// <summary>When it was to begin.</summary>
    public IterationStart Start { get; private set; }

    /// <summary>Does the steps; it never fails.</summary>
    /// <param name="schedule">Who is told.</param>
    /// <param name="start">When it was to begin.</param>
    /// <param name="shared">The connection; null where the first step makes one.</param>
    public async Task RunAsync(LaneSchedule schedule, IterationStart start, Http3Connection? shared)
    {
        BeginRun(schedule, start);
        Http3Connection? connection = shared;
        int step = 0;
        try
        {
            string? failure = null;
            for (; step < context.Scenario.Steps.Count && failure is null; step++)
            {
                SetPatience(context.Scenario.Steps[step]);
                switch (context.Scenario.Steps[step])
                {
                    case HttpStep http:
                        failure = await RequestAsync(connection!, http, step);
                        break;
                    case PauseStep pause:
                        await Task.Delay(pause.During, _cancel.Token);
                        break;
                    default:
                        connection = await context.ConnectAsync(_cancel.Token);
                        break;
                }

                CountStep(step, failure);
            }

            if (failure is null)
            {
                schedule.Tally.OnSucceeded(0, Stopwatch.GetTimestamp() - start.Due);
            }
        }
        catch (Exception e)
        {
            bool isAbandoned = e is OperationCanceledException && Stopwatch.GetTimestamp() >= schedule.Phase.AbandonAt;
            CountStep(step, isAbandoned ? FailureKinds.Abandoned : FailureKinds.Of(e));
        }

        if (shared is null && connection is not null)
        {
            await CloseAsync(connection);
        }

        EndRun();
        lane.OnEnded(this);
    }

    /// <summary>Gives the step up where it has taken too long, or the run is over.</summary>
    public void CancelIfLate(long now)
    {
        lock (_gate)
        {
            if (_isRunning && (now >= Schedule.Phase.AbandonAt || now - _stepStart > _patience))
            {
                _cancel.Cancel();
            }
        }
    }

    /// <summary>Gives the step up.</summary>
    public void Cancel()
    {
        lock (_gate)
        {
            _cancel.Cancel();
        }
    }

    /// <summary>No more runs.</summary>
    public void Dispose() => _cancel.Dispose();

    private void BeginRun(LaneSchedule schedule, IterationStart start)
    {
        lock (_gate)
        {
            _schedule = schedule;
            Start = start;
            _stepStart = start.Due;
            _patience = long.MaxValue;
            _isRunning = true;
        }
    }

    private void SetPatience(LoadStep step)
    {
        lock (_gate)
        {
            _patience = step is PauseStep ? long.MaxValue : Schedule.Phase.Timeout;
        }
    }

    private void EndRun()
    {
        lock (_gate)
        {
            _isRunning = false;
            if (!_cancel.TryReset())
            {
                _cancel.Dispose();
                _cancel = new();
            }
        }
    }

    private async ValueTask<string?> RequestAsync(Http3Connection connection, HttpStep step, int index)
    {
        Http3Response response = await connection.SendAsync(context.Request(index), context.Body(step.BodyBytes), _cancel.Token);
        try
        {
            int status = response.Status;
            long received = await response.DrainAsync(_cancel.Token);
            Schedule.Tally.OnMoved(index + 1, step.BodyBytes + received);
            return status >= FirstFailure ? FailureKinds.Status(status) : null;
        }
        finally
        {
            await response.DisposeAsync();
        }
    }

    /// <summary>A pause has no account; it is over, or was given up with the run.</summary>
    private void CountStep(int step, string? failure)
    {
        long now = Stopwatch.GetTimestamp();
        if (failure is not null)
        {
            Schedule.Tally.OnFailed(step + 1, failure);
            Schedule.Tally.OnFailed(0, failure);
        }
        else if (context.Scenario.Steps[step] is not PauseStep)
        {
            Schedule.Tally.OnSucceeded(step + 1, now - _stepStart);
        }

        lock (_gate)
        {
            _stepStart = now;
        }
    }

    private async Task CloseAsync(Http3Connection connection)
    {
        QuicConnectionStatistics nothing = default;
        try
        {
            context.Ledger.Read(connection.Transport.GetStatistics(), ref nothing);
            await connection.DisposeAsync();
        }
        catch (Exception e) when (PeerFailures.IsOne(e) || e is IOException)
        {
            // The server has closed it at the same time.
        }
    }
}
