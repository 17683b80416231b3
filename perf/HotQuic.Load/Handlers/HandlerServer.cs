using System.Net;
using HotQuic.Load.Measuring;

namespace HotQuic.Load.Handlers;

/// <summary>The server by <see cref="QuicServer"/>, <see cref="QuicConnectionHandler"/> and <see cref="QuicStreamHandler"/>.</summary>
internal sealed class HandlerServer : PerfServer
{
    private readonly QuicServer _server;

    private HandlerServer(PerfServerOptions options)
        : base(options) => _server = new(new Acceptor(this, options), new() { IoMode = options.Transport.IoMode });

    public override IPEndPoint LocalEndPoint => _server.LocalEndPoints[0];

    /// <summary>What its connections count in.</summary>
    public HandledLedger Ledger { get; } = new();

    public static PerfServer Listen(PerfServerOptions options)
    {
        HandlerServer server = new(options);
        IPAddress address = options.ListenEndPoint.Address;
        server._server.Start(new QuicServerBinding
        {
            ApplicationProtocols = Protocols,

            // As a QuicListener takes it: both families.
            Address = address.Equals(IPAddress.IPv6Any) ? null : address,
            Port = options.ListenEndPoint.Port,
        });
        return server;
    }

    public override async Task RunAsync(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _server.StopAsync();
        await Task.WhenAny(Ledger.CloseAllAsync(), Task.Delay(ClosingPatience, CancellationToken.None));
    }

    public override ValueTask DisposeAsync() => _server.DisposeAsync();

    private protected override ValueTask<PacketCounters> ReadPacketsAsync() => new(Ledger.ReadAsync());

    private sealed class Acceptor(HandlerServer server, PerfServerOptions options) : QuicServerHandler
    {
        private readonly QuicServerConfiguration _configuration = QuicServerConfiguration.Create(ConnectionOptions(options));

        public override void OnConnection(QuicConnectionAttempt attempt) => attempt.Accept(_configuration, new ServedConnection(server));
    }
}
