using System.Collections.Concurrent;
using System.Net;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Listener;

/// <summary>A server's handler that a test scripts, and that notes what happened in order. By default it accepts.</summary>
internal sealed class ServerProbe : QuicServerHandler
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _attempts;

    public delegate void AttemptScript(QuicConnectionAttempt attempt);

    /// <summary>What it accepts with.</summary>
    public QuicServerConfiguration Configuration { get; set; } = ConfigurationFor();

    public ConcurrentQueue<string> Events { get; } = [];

    public Func<QuicInitialInfo, QuicAddressCheck>? Initial { get; set; }

    public AttemptScript? Attempt { get; set; }

    public Action<QuicServer>? Stopped { get; set; }

    /// <summary>Attempts that were shown so far.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>Ends with the first stop.</summary>
    public Task WhenStopped => _stopped.Task.WaitAsync(Pair.Patience);

    /// <summary>A configuration that takes whatever protocols its listener has, or those that are named.</summary>
    public static QuicServerConfiguration ConfigurationFor(params string[] protocols) => HandlerPair.ServerConfiguration(
        options => options.ServerAuthenticationOptions.ApplicationProtocols = protocols.Length == 0 ? null : ListenerText.ProtocolsOf(protocols));

    public static QuicServerBinding BindingOn(IPAddress? address, int port = 0, params string[] protocols) => new()
    {
        Address = address,
        Port = port,
        ApplicationProtocols = ListenerText.ProtocolsOf(protocols.Length == 0 ? [Pair.Protocol] : protocols),
    };

    public static QuicServerBinding Loopback(int port = 0, params string[] protocols) => BindingOn(IPAddress.Loopback, port, protocols);

    /// <summary>Connects with these protocols, in their order.</summary>
    public static Task<QuicConnection> ConnectAsync(IPEndPoint to, params string[] protocols) => ConnectWithAsync(to, change: null, protocols);

    public static Task<QuicConnection> ConnectWithAsync(IPEndPoint to, Action<QuicClientConnectionOptions>? change, params string[] protocols) =>
        QuicConnection.ConnectAsync(Pair.ClientOptions(to, change: options =>
        {
            if (protocols.Length > 0)
            {
                options.ClientAuthenticationOptions.ApplicationProtocols = ListenerText.ProtocolsOf(protocols);
            }

            change?.Invoke(options);
        })).AsTask().WaitAsync(Pair.Patience);

    /// <summary>The transport error code that a connect failed with.</summary>
    public static async Task<long?> FailureCodeAsync(Func<Task<QuicConnection>> connect)
    {
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(connect);
        return (exception as QuicException ?? (QuicException)exception.InnerException!).TransportErrorCode;
    }

    /// <summary>Waits where nothing can be awaited: in a callback, or under a lock.</summary>
    public static void BlockUntil(Task task) => Assert.True(task.Wait(Pair.Patience));

    /// <summary>Waits for what no event tells: a number that another thread counts.</summary>
    public static async Task EventuallyAsync(Func<bool> condition, Func<string>? describe = null)
    {
        DateTime end = DateTime.UtcNow + Pair.Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < end, describe?.Invoke() ?? "It did not come to pass.");
            await Task.Delay(5);
        }
    }

    public override QuicAddressCheck OnInitial(in QuicInitialInfo initial) => Initial?.Invoke(initial) ?? QuicAddressCheck.Default;

    public override void OnConnection(QuicConnectionAttempt attempt)
    {
        Events.Enqueue("connection");
        if (Attempt is { } script)
        {
            script(attempt);
        }
        else
        {
            attempt.Accept(Configuration, new ConnectionProbe());
        }

        // Last, so that whoever waits for the number finds what the script left.
        Interlocked.Increment(ref _attempts);
    }

    public override void OnRetryModeChanged(bool isOn) => Events.Enqueue(isOn ? "retry on" : "retry off");

    public override void OnStopped(QuicServer server)
    {
        Events.Enqueue("stopped");
        Stopped?.Invoke(server);
        _stopped.TrySetResult();
    }
}
