namespace HotQuic.Ports;

/// <summary>What happened to the connections of one listener, over all its starts. Shards count, anybody reads; no lock.</summary>
/// <param name="total">Counts the same for all listeners of an engine.</param>
internal sealed class ListenerCounters(ListenerCounters? total)
{
    private long _accepted;
    private long _failed;
    private long _rejected;
    private long _refusedByBacklog;
    private long _inProgress;
    private long _retryModeStarts;

    /// <summary>Handshakes that were completed and handed to the application.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Attempts that the application turned down.</summary>
    public long Rejected => Interlocked.Read(ref _rejected);

    public long RefusedByBacklog => Interlocked.Read(ref _refusedByBacklog);

    public long InProgress => Interlocked.Read(ref _inProgress);

    public long RetryModeStarts => Interlocked.Read(ref _retryModeStarts);

    public void OnHandshakeStarted()
    {
        Interlocked.Increment(ref _inProgress);
        total?.OnHandshakeStarted();
    }

    public void OnHandshakeOver(bool isComplete)
    {
        Interlocked.Decrement(ref _inProgress);
        Interlocked.Increment(ref isComplete ? ref _accepted : ref _failed);
        total?.OnHandshakeOver(isComplete);
    }

    public void OnRejected()
    {
        Interlocked.Increment(ref _rejected);
        total?.OnRejected();
    }

    public void OnRefusedByBacklog()
    {
        Interlocked.Increment(ref _refusedByBacklog);
        total?.OnRefusedByBacklog();
    }

    public void OnRetryModeStarted()
    {
        Interlocked.Increment(ref _retryModeStarts);
        total?.OnRetryModeStarted();
    }
}
