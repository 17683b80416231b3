namespace RequestService;

/// <summary>What a client wants: the same request so many times.</summary>
/// <param name="Counter">Which counter.</param>
/// <param name="Delta">What is added to it each time.</param>
/// <param name="Requests">How often, at least once.</param>
internal sealed record CounterJob(ushort Counter, long Delta, int Requests);
