using System.Net;
using HotQuic.Load.Measuring;
using HotQuic.Load.Protocol;

namespace HotQuic.Load.Awaited;

/// <summary>The server by <see cref="QuicListener"/>, <see cref="QuicConnection"/> and <see cref="QuicStream"/>.</summary>
internal sealed class AwaitedServer : PerfServer
{
    private const int Backlog = 4096;

    private readonly QuicListener _listener;
    private readonly ConnectionLedger _ledger = new();

    private AwaitedServer(PerfServerOptions options, QuicListener listener)
        : base(options) => _listener = listener;

    public override IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    public static new async Task<PerfServer> ListenAsync(PerfServerOptions options, CancellationToken cancellation)
    {
        QuicServerConnectionOptions connectionOptions = ConnectionOptions(options);
        QuicListener listener = await QuicListener.ListenAsync(
            new()
            {
                ListenEndPoint = options.ListenEndPoint,
                ApplicationProtocols = Protocols,
                ListenBacklog = Backlog,
                CompletesInline = options.Api == PerfApi.Stream,
                IoMode = options.Transport.IoMode,
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(connectionOptions),
            },
            cancellation);
        return new AwaitedServer(options, listener);
    }

    public override Task RunAsync(CancellationToken cancellation) =>
        AcceptLoop.RunAsync(_listener, connection => ServeAsync(connection, cancellation), static _ => { }, ClosingPatience, cancellation);

    public override ValueTask DisposeAsync() => _listener.DisposeAsync();

    private protected override ValueTask<PacketCounters> ReadPacketsAsync() => ValueTask.FromResult(_ledger.Read());

    private async Task ServeAsync(QuicConnection connection, CancellationToken cancellation)
    {
        _ledger.Add(connection);
        await using (connection)
        {
            try
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync(cancellation);
                await ServeControlStreamAsync(connection, stream, cancellation);
            }
            catch (Exception e) when (PeerFailures.IsOne(e) || e is OperationCanceledException)
            {
                // The client closed the connection, which is how every run ends.
            }
            finally
            {
                _ledger.Retire(connection);
            }
        }
    }

    private async Task ServeControlStreamAsync(QuicConnection connection, QuicStream stream, CancellationToken cancellation)
    {
        ControlChannel channel = new(stream);
        List<Task> workers = [];
        try
        {
            while (await channel.ReceiveAsync(ControlJson.Default.ControlRequest, cancellation) is { } request)
            {
                ControlReply reply = request.Work is { } work
                    ? new(StartWorkers(connection, work, workers))
                    : await Task.Run(TellCountersAsync, cancellation); // Reading them takes too long for the thread that drives connections.
                await channel.SendAsync(reply, ControlJson.Default.ControlReply, cancellation);
            }

            stream.CompleteWrites();
        }
        catch (InvalidDataException)
        {
            await connection.CloseAsync(PerfProtocol.ProtocolViolation, cancellation);
        }

        await Task.WhenAll(workers);
    }

    /// <summary>Starts what the order says; the reason when it cannot be done.</summary>
    private string? StartWorkers(QuicConnection connection, WorkOrder work, List<Task> workers)
    {
        if (work.Refusal(hasWork: workers.Count > 0) is { } reason)
        {
            return reason;
        }

        for (int worker = 0; worker < work.Workers; worker++)
        {
            workers.Add(Task.Run(() => new ServerWorker(connection, work, CountReceived).RunAsync()));
        }

        return null;
    }
}
