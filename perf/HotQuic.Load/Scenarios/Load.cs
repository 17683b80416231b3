using HotQuic.Load.Protocol;

namespace HotQuic.Load.Scenarios;

/// <summary>
/// A scenario's connections and its constant number of workers: <see cref="StartAsync"/>; <see cref="ThrowIfFailed"/> now and then;
/// close the window; <see cref="StopAsync"/>.
/// </summary>
internal sealed class Load
{
    /// <summary>How long workers may take to end their last operation before their connection is closed under them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly List<QuicConnection> _connections = [];
    private readonly List<Task> _workers = [];

    private Load(LoadContext context) => Context = context;

    /// <summary>What the workers share.</summary>
    public LoadContext Context { get; }

    /// <summary>Makes the connections and sets the workers going.</summary>
    public static async Task<Load> StartAsync(LoadContext context, CancellationToken cancellation)
    {
        Load load = new(context);
        try
        {
            for (int index = 0; index < context.Settings.Connections; index++)
            {
                QuicConnection connection = await context.Client.ConnectAsync(cancellation);
                load._connections.Add(connection);
                WorkOrder work = new(context.Kind, context.Settings.Outstanding, context.Settings.ResponseSize ?? 0);
                await PerfClient.PrepareAsync(connection, work, cancellation);
            }

            load.StartWorkers();
            return load;
        }
        catch
        {
            await load.StopAsync();
            throw;
        }
    }

    /// <summary>Throws what ended a worker before its time.</summary>
    public void ThrowIfFailed() => _workers.Find(worker => worker.IsCompleted)?.GetAwaiter().GetResult();

    /// <summary>Waits for the workers, who see that the window is over, and closes the connections.</summary>
    public async Task StopAsync()
    {
        Context.Window.Close();
        Task ended = Task.WhenAll(_workers);
        await Task.WhenAny(ended, Task.Delay(Patience));
        foreach (QuicConnection connection in _connections)
        {
            await Context.Client.CloseAsync(connection);
        }

        try
        {
            await ended;
        }
        catch (Exception e) when (PeerFailures.IsOne(e))
        {
            // The connection was closed under a worker, or the failure was already told by ThrowIfFailed.
        }
    }

    private void StartWorkers()
    {
        int copies = _connections.Count == 0 ? Context.Settings.Outstanding : _connections.Count * Context.Settings.Outstanding;
        for (int copy = 0; copy < copies; copy++)
        {
            QuicConnection? connection = _connections.Count == 0 ? null : _connections[copy % _connections.Count];
            ClientWorker worker = new(Context, connection, Context.Tallies.For(copy));
            _workers.Add(Task.Run(worker.RunAsync));
        }
    }
}
