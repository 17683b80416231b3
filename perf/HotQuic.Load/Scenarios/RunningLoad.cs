using HotQuic.Load.Protocol;

namespace HotQuic.Load.Scenarios;

/// <summary>
/// A scenario's connections and its constant number of copies at work: <see cref="StartAsync"/>; <see cref="ThrowIfFailed"/> now and then;
/// close the window; <see cref="StopAsync"/>.
/// </summary>
internal sealed class RunningLoad
{
    /// <summary>How long copies may take to end their last operation before their connection is closed under them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly List<ILoadConnection> _connections = [];
    private readonly List<Task> _copies = [];

    private RunningLoad(LoadContext context) => Context = context;

    /// <summary>What the copies share.</summary>
    public LoadContext Context { get; }

    /// <summary>Makes the connections and sets the copies going.</summary>
    public static async Task<RunningLoad> StartAsync(LoadContext context, CancellationToken cancellation)
    {
        RunningLoad load = new(context);
        try
        {
            WorkOrder work = new(context.Kind, context.Settings.Outstanding, context.Settings.ResponseSize ?? 0);
            for (int index = 0; index < context.Settings.Connections; index++)
            {
                load._connections.Add(await context.Api.ConnectAsync(work, cancellation));
            }

            load.StartCopies();
            return load;
        }
        catch
        {
            await load.StopAsync();
            throw;
        }
    }

    /// <summary>Throws what ended a copy before its time.</summary>
    public void ThrowIfFailed() => _copies.Find(copy => copy.IsCompleted)?.GetAwaiter().GetResult();

    /// <summary>Waits for the copies, who see that the window is over, and closes the connections.</summary>
    public async Task StopAsync()
    {
        Context.Window.Close();
        Task ended = Task.WhenAll(_copies);
        await Task.WhenAny(ended, Task.Delay(Patience));
        foreach (ILoadConnection connection in _connections)
        {
            await connection.CloseAsync();
        }

        try
        {
            await ended;
        }
        catch (Exception e) when (PeerFailures.IsOne(e))
        {
            // The connection was closed under a copy, or the failure was already told by ThrowIfFailed.
        }
    }

    private void StartCopies()
    {
        int copies = Math.Max(1, _connections.Count) * Context.Settings.Outstanding;
        for (int index = 0; index < copies; index++)
        {
            LoadCopy copy = new(Context, index);
            _copies.Add(_connections.Count == 0
                ? Context.Api.RunHandshakesAsync(copy)
                : _connections[index % _connections.Count].RunAsync(copy));
        }
    }
}
