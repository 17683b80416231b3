using System.Net.Security;
using System.Threading.Channels;
using HotQuic.Connections;
using HotQuic.Errors;
using HotQuic.Options;
using HotQuic.Shards;

namespace HotQuic.Ports;

/// <summary>
/// What a <see cref="QuicListener"/> stands on: the queue that accepting takes from. A place is taken by a handshake and free again when
/// the connection, or why there is none, was accepted (S4, S5). Shards deliver, the listener's handle accepts; from any thread.
/// </summary>
internal sealed class AcceptQueueEntry : ListenerEntry
{
    private readonly Channel<AcceptItem> _accepted;
    private readonly Lock _gate = new();
    private readonly Dictionary<ConnectionDriver, uint> _handshakes = [];

    public AcceptQueueEntry(QuicListenerOptions options, ListenerCounters counters, HandshakeMemory memory)
        : base(SettingsOf(options), counters, memory)
    {
        OptionsCallback = options.ConnectionOptionsCallback;
        CompletesInline = options.CompletesInline;
        _accepted = Channel.CreateUnbounded<AcceptItem>(new UnboundedChannelOptions { AllowSynchronousContinuations = CompletesInline });
        Configurations = new ServerConfigurations([.. options.ApplicationProtocols]);
    }

    /// <summary>Gives the options of connections.</summary>
    public Func<QuicConnection, SslClientHelloInfo, CancellationToken, ValueTask<QuicServerConnectionOptions>> OptionsCallback { get; }

    /// <summary>Whether the options callback and whoever accepts run on the shard's thread.</summary>
    public bool CompletesInline { get; }

    /// <summary>What the options of connections are prepared by.</summary>
    public ServerConfigurations Configurations { get; }

    public ChannelReader<AcceptItem> Accepted => _accepted.Reader;

    public override void OnClientHello(ConnectionDriver driver, in ClientHelloQuestion question)
    {
        uint generation = driver.Generation;
        lock (_gate)
        {
            _handshakes.Add(driver, generation);
        }

        driver.Awaited.StartServer(this);
        if (IsStopped)
        {
            // Stopping may have looked for handshakes just before this one was there.
            Cancel(driver, generation);
        }
    }

    /// <summary>The handshake is complete: the connection waits to be accepted.</summary>
    public void Deliver(ConnectionDriver driver, QuicConnection connection) => Deliver(driver, new AcceptItem(connection, null));

    /// <summary>The handshake failed: one accept tells why.</summary>
    public void Deliver(ConnectionDriver driver, Failure failure) => Deliver(driver, new AcceptItem(null, failure));

    /// <summary>An item was taken: its place is free again.</summary>
    public void OnAccepted() => FreePlace();

    /// <summary>No more handshakes: those in progress are given up, and what was not accepted is closed.</summary>
    public override void Stop()
    {
        base.Stop();
        _accepted.Writer.TryComplete();
        KeyValuePair<ConnectionDriver, uint>[] handshakes;
        lock (_gate)
        {
            handshakes = [.. _handshakes];
        }

        foreach ((ConnectionDriver driver, uint generation) in handshakes)
        {
            Cancel(driver, generation);
        }

        while (_accepted.Reader.TryRead(out AcceptItem item))
        {
            Discard(item);
        }
    }

    /// <summary>The driver may have gone on to another connection: the generation is that of the handshake that was here.</summary>
    private static void Cancel(ConnectionDriver driver, uint generation) =>
        driver.Shard.Post(new ShardMessage(driver, (int)ConnectionMessageKind.CancelHandshake) { Generation = generation });

    private static ListenerSettings SettingsOf(QuicListenerOptions options)
    {
        TimeSpan limit = ListenerSettings.Limit(options.OverloadLimit);
        TimeSpan more = ListenerSettings.DefaultOverloadDropLimit - ListenerSettings.DefaultOverloadLimit;
        return new ListenerSettings
        {
            Places = options.ListenBacklog == 0 ? OptionChecks.DefaultBacklog : options.ListenBacklog,
            RetryMode = options.RetryMode,
            IoMode = options.IoMode,
            SharesPorts = options.SharesPort,
            ResetKey = ListenerSettings.KeyOf(options.StatelessResetKey),
            OverloadLimit = limit,
            OverloadDropLimit = limit > TimeSpan.MaxValue - more ? TimeSpan.MaxValue : limit + more,
        };
    }

    private void Deliver(ConnectionDriver driver, AcceptItem item)
    {
        lock (_gate)
        {
            _handshakes.Remove(driver);
        }

        if (!_accepted.Writer.TryWrite(item))
        {
            Discard(item);
        }
    }

    private static void Discard(AcceptItem item)
    {
        if (item.Connection is { } connection)
        {
            // Whatever closing runs into is the connection's own business, and not the shard's.
            ThreadPool.UnsafeQueueUserWorkItem(static closing => _ = closing.DisposeAsync().AsTask(), connection, preferLocal: false);
        }
    }
}

/// <summary>A connection to accept, or why a handshake failed.</summary>
internal readonly record struct AcceptItem(QuicConnection? Connection, Failure? Failure);
