using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HotQuic.Options;
using HotQuic.Testing;
using HotQuic.Tests.Handlers;
using Xunit.Abstractions;

namespace HotQuic.Tests.Listener;

/// <summary>
/// Servers that several threads start, stop and dispose of at random while clients connect (L5, L9, L23 to L25): nothing hangs, every
/// completion comes, and nothing is left. The seed is printed; HOTQUIC_SEED sets it, HOTQUIC_LONG=1 makes ten times as many sequences.
/// </summary>
[Collection("listener sockets")]
public sealed class StormTests(ITestOutputHelper output)
{
    private const int Threads = 4;
    private const int Servers = 6;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(QuicIoMode.Auto, 850)]
    [InlineData(QuicIoMode.Sockets, 150)]
    [InlineData(IoModes.Datagrams, 150)]
    public async Task L23_L24_L25_StormsOfStartsStopsAndDisposalsLeaveNothingBehind(QuicIoMode io, int sequences)
    {
        ulong seed = ulong.TryParse(Environment.GetEnvironmentVariable("HOTQUIC_SEED"), out ulong given) ? given : (ulong)Random.Shared.NextInt64();
        output.WriteLine($"HOTQUIC_SEED={seed}");
        int count = Environment.GetEnvironmentVariable("HOTQUIC_LONG") == "1" ? sequences * 10 : sequences;
        var unobserved = new ConcurrentQueue<Exception>();
        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs args) => unobserved.Enqueue(args.Exception);
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        using QuicEngine engine = AddressFilterTests.OneShard(options => options with { Shards = 2 });
        using var storm = new Storm(engine, io, [FreePort(), FreePort(), FreePort()]);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(
                () => storm.RunAsync(new SeededRandom(seed + (ulong)thread), count / Threads)))).WaitAsync(Limit);
            await storm.EndAsync().WaitAsync(Limit);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= OnUnobserved;
        }

        output.WriteLine($"{storm.Starts} starts, {storm.Connects} of {storm.Attempts} connects");
        Assert.Equal(storm.Starts, storm.Stops);
        Assert.True(storm.Starts > 0 && storm.Connects > 0);

        // Connections drain for a while after their end, and their ports with them.
        await ServerProbe.EventuallyAsync(
            () => (engine.Ports.Count, engine.Ports.SocketCount, engine.Handshakes.Count) == (0, 0, 0)
                && Sum(engine, shard => shard.Connections.Count + shard.HandledStreams.Outstanding) == 0,
            () => $"{engine.Ports.Count} ports, {engine.Ports.SocketCount} sockets, {engine.Handshakes.Count} handshakes, "
                + $"{Sum(engine, shard => shard.Connections.Count)} connections, {Sum(engine, shard => shard.HandledStreams.Outstanding)} streams");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Empty(unobserved);
    }

    /// <summary>Asked on each shard, since only there it may be read.</summary>
    private static long Sum(QuicEngine engine, Func<HotQuic.Shards.Shard, long> count)
    {
        long sum = 0;
        for (int i = 0; i < engine.Shards.Length; i++)
        {
            engine.Shards[i].RunAsync(shard => sum += count(shard)).Wait(Limit);
        }

        return sum;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>The servers, and what became of them.</summary>
    private sealed class Storm : IDisposable
    {
        private static readonly IPAddress?[] Addresses = [null, IPAddress.Any, IPAddress.Loopback];
        private static readonly string[] Protocols = ["x", "y", "z"];

        private readonly QuicEngine _engine;
        private readonly QuicServerOptions _options;
        private readonly int[] _ports;
        private readonly QuicServer[] _servers = new QuicServer[Servers];
        private readonly ConcurrentBag<Task> _ends = [];
        private readonly SemaphoreSlim _clients = new(8);
        private readonly QuicServerConfiguration _configuration = ServerProbe.ConfigurationFor();
        private int _starts;
        private int _stops;
        private int _connects;
        private int _attempts;

        public Storm(QuicEngine engine, QuicIoMode io, int[] ports)
        {
            _engine = engine;
            _options = new QuicServerOptions { IoMode = io };
            _ports = ports;
            for (int i = 0; i < Servers; i++)
            {
                _servers[i] = NewServer();
            }
        }

        public int Starts => _starts;

        public int Stops => Volatile.Read(ref _stops);

        public int Connects => _connects;

        public int Attempts => _attempts;

        public async Task RunAsync(SeededRandom random, int sequences)
        {
            for (int i = 0; i < sequences; i++)
            {
                int place = random.Next(Servers);
                for (int step = random.Between(2, 5); step > 0; step--)
                {
                    await StepAsync(random, place);
                }
            }
        }

        /// <summary>Every completion that was promised comes, and then nothing listens.</summary>
        public async Task EndAsync()
        {
            foreach (QuicServer server in _servers)
            {
                await server.DisposeAsync();
            }

            await Task.WhenAll(_ends);
        }

        public void Dispose() => _clients.Dispose();

        private async Task StepAsync(SeededRandom random, int place)
        {
            QuicServer server = Volatile.Read(ref _servers[place]);
            switch (random.Next(10))
            {
                case < 4:
                    Start(server, random);
                    break;
                case 4:
                    server.Stop();
                    break;
                case 5:
                    await server.StopAsync();
                    break;
                case 6:
                    _ends.Add(server.StopAsync());
                    break;
                case 7:
                    Volatile.Write(ref _servers[place], NewServer());
                    _ends.Add(server.DisposeAsync().AsTask());
                    break;
                default:
                    await _clients.WaitAsync();
                    _ends.Add(ConnectAsync(_ports[random.Next(_ports.Length)], Protocols[random.Next(Protocols.Length)]));
                    break;
            }
        }

        private QuicServer NewServer()
        {
            var probe = new ServerProbe { Configuration = _configuration };
            probe.Stopped = _ => Interlocked.Increment(ref _stops);
            probe.Attempt = attempt =>
            {
                // Some stop their server from inside.
                if (Interlocked.Increment(ref _attempts) % 7 == 0)
                {
                    Array.Find(_servers, server => server.IsStarted)?.Stop();
                }

                attempt.Accept(_configuration, new ConnectionProbe());
            };
            return new QuicServer(_engine, probe, _options);
        }

        private void Start(QuicServer server, SeededRandom random)
        {
            var bindings = new QuicServerBinding[random.Between(1, 3)];
            for (int i = 0; i < bindings.Length; i++)
            {
                int port = random.Chance(250) ? 0 : _ports[random.Next(_ports.Length)];
                bindings[i] = ServerProbe.BindingOn(Addresses[random.Next(Addresses.Length)], port, Protocols[random.Next(Protocols.Length)]);
            }

            try
            {
                server.Start(bindings);
                Interlocked.Increment(ref _starts);
            }
            catch (Exception exception) when (exception is InvalidOperationException or QuicException { QuicError: QuicError.AlpnInUse })
            {
                // Started already, or disposed of, or another has the protocol.
            }
        }

        private async Task ConnectAsync(int port, string protocol)
        {
            try
            {
                await using QuicConnection connection = await ServerProbe.ConnectWithAsync(
                    new IPEndPoint(IPAddress.Loopback, port), options => options.HandshakeTimeout = TimeSpan.FromMilliseconds(500), protocol);
                Interlocked.Increment(ref _connects);
                await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
                await stream.WriteAsync(new byte[10]);
            }
            catch (Exception exception) when (exception is QuicException or SocketException or System.Security.Authentication.AuthenticationException)
            {
                // Nobody listened, or not for this.
            }
            finally
            {
                _clients.Release();
            }
        }
    }
}
