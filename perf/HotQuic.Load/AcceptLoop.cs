namespace HotQuic.Load;

/// <summary>How a server lives: every connection is served beside the others, until it is to stop.</summary>
public static class AcceptLoop
{
    /// <summary>Serves every connection of a listener until cancelled or the listener is disposed of, and waits for the last of them.</summary>
    /// <param name="listener">Its disposal is the caller's affair.</param>
    /// <param name="serve">Serves one connection; it disposes of it, and fails for nothing that the peer does.</param>
    /// <param name="onFailed">Called for a handshake that failed, after which the listener goes on.</param>
    /// <param name="patience">How long the connections may take to end.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task RunAsync(
        QuicListener listener, Func<QuicConnection, Task> serve, Action<Exception> onFailed, TimeSpan patience, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(serve);
        ArgumentNullException.ThrowIfNull(onFailed);
        TaskGroup connections = new();
        while (true)
        {
            try
            {
                connections.Add(serve(await listener.AcceptConnectionAsync(cancellation)));
            }
            catch (Exception e) when (cancellation.IsCancellationRequested || e is ObjectDisposedException)
            {
                await connections.WhenEndedAsync(patience);
                return;
            }
            catch (Exception e) when (PeerFailures.IsOne(e))
            {
                onFailed(e);
            }
        }
    }
}
