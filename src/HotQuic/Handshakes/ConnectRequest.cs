using System.Net;

namespace HotQuic.Handshakes;

/// <summary>Somebody awaits a client's connection: goes to the shard with what to start, and completes with the handshake or fails with it.</summary>
internal sealed class ConnectRequest(QuicConnection handle, ClientAttempt attempt, IPEndPoint remote)
    : TaskCompletionSource(attempt.CompletesInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>The connection's handle.</summary>
    public QuicConnection Handle { get; } = handle;

    /// <summary>What to connect with.</summary>
    public ClientAttempt Attempt { get; } = attempt;

    /// <summary>Where to.</summary>
    public IPEndPoint Remote { get; } = remote;
}
