using System.Net;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Handlers;

/// <summary>The load by <see cref="QuicClient"/>, <see cref="QuicConnectionHandler"/> and <see cref="QuicStreamHandler"/>.</summary>
internal sealed class HandlerLoadApi(QuicClientConfiguration configuration, IPEndPoint server, HandledLedger ledger) : ILoadApi
{
    public Task<ILoadConnection> ConnectAsync(WorkOrder work, CancellationToken cancellation) =>
        HandlerConnection.ConnectAsync(configuration, server, ledger, work, cancellation);

    public Task RunHandshakesAsync(LoadCopy copy) => new HandshakeCopy(copy, configuration, server, ledger).RunAsync();
}
