using HotQuic.Diagnostics;
using HotQuic.Ports;
using HotQuic.Shards;
using HotQuic.Udp;

namespace HotQuic;

/// <summary>The shards of a process and the ports they listen on. <see cref="Default"/> starts with the first use and stays.</summary>
internal sealed class QuicEngine : IDisposable
{
    private static readonly Lazy<QuicEngine> Shared = new(static () => new QuicEngine(QuicEngineOptions.FromAppContext()));

    private readonly Shard[] _shards;
    private readonly QlogDirectory? _qlog;
    private int _next = -1;

    /// <param name="options">How it is set up.</param>
    /// <param name="bind">Binds sockets to a port, for tests that put another way in its place.</param>
    public QuicEngine(QuicEngineOptions options, Func<UdpSocketOptions, int, UdpSocket[]>? bind = null)
    {
        Options = options;
        Handshakes = options.AvailableMemory is { } memory ? new HandshakeMemory { Available = memory } : new HandshakeMemory();
        _qlog = options.QlogDirectory is { Length: > 0 } directory ? new QlogDirectory(directory) : null;
        _shards = new Shard[options.Shards];
        for (int i = 0; i < _shards.Length; i++)
        {
            _shards[i] = new Shard(options, _qlog, i, _shards.Length);
        }

        Ports = bind is null ? new PortTable(this) : new PortTable(this) { Bind = bind };
        ListenerMetrics.Add(this);
    }

    public static QuicEngine Default => Shared.Value;

    public ReadOnlySpan<Shard> Shards => _shards;

    public QuicEngineOptions Options { get; }

    public PortTable Ports { get; }

    /// <summary>What unfinished handshakes of all servers hold.</summary>
    public HandshakeMemory Handshakes { get; }

    /// <summary>The shard of the next client connection: each in turn.</summary>
    public Shard NextShard() => _shards[(uint)Interlocked.Increment(ref _next) % (uint)_shards.Length];

    public void Dispose()
    {
        foreach (Shard shard in _shards)
        {
            shard.Dispose();
        }

        ListenerMetrics.Remove(this);
        _qlog?.Dispose();
    }
}
