using System.Net;
using System.Net.Security;
using HotQuic.Load.Measuring;
using HotQuic.Load.Protocol;
using HotQuic.Load.Transport;

namespace HotQuic.Load;

/// <summary>
/// The server that <see cref="PerfClient"/> measures: <see cref="ListenAsync"/>, <see cref="RunAsync"/> until cancelled, dispose.
/// Its counters are those of the whole process, so measure with one client at a time.
/// </summary>
public sealed class PerfServer : IAsyncDisposable
{
    private const int Backlog = 4096;

    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(2);

    private readonly QuicListener _listener;
    private readonly ConnectionLedger _ledger = new();
    private long _bytesReceived;

    private PerfServer(QuicListener listener) => _listener = listener;

    /// <summary>Where the server listens, with the real port.</summary>
    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    /// <summary>Starts to listen.</summary>
    public static async Task<PerfServer> ListenAsync(PerfServerOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        QuicServerConnectionOptions connectionOptions = new()
        {
            ServerAuthenticationOptions = new()
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(options.Certificate, options.Intermediates, offline: true),
                CipherSuitesPolicy = CipherChoice.Policy(options.Transport.Cipher),
            },
            DefaultCloseErrorCode = PerfProtocol.NoError,
            DefaultStreamErrorCode = PerfProtocol.NoError,
            MaxInboundBidirectionalStreams = PerfProtocol.MostWorkers,
            InitialReceiveWindowSizes = PerfWindows.Sizes(),
            Transport = options.Transport.ToOptions(),
        };
        QuicListener listener = await QuicListener.ListenAsync(
            new()
            {
                ListenEndPoint = options.ListenEndPoint,
                ApplicationProtocols = [new SslApplicationProtocol(PerfProtocol.ApplicationProtocol)],
                ListenBacklog = Backlog,
                IoMode = options.Transport.IoMode,
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(connectionOptions),
            },
            cancellation);
        return new(listener);
    }

    /// <summary>Serves every connection until cancelled, closes them all, and returns.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        AcceptLoop.RunAsync(_listener, connection => ServeAsync(connection, cancellation), static _ => { }, ClosingPatience, cancellation);

    /// <summary>Stops to listen.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(QuicConnection connection, CancellationToken cancellation)
    {
        _ledger.Add(connection);
        await using (connection)
        {
            try
            {
                await ServeControlStreamAsync(connection, cancellation);
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

    private async Task ServeControlStreamAsync(QuicConnection connection, CancellationToken cancellation)
    {
        await using QuicStream stream = await connection.AcceptInboundStreamAsync(cancellation);
        ControlChannel channel = new(stream);
        List<Task> workers = [];
        try
        {
            while (await channel.ReceiveAsync(ControlJson.Default.ControlRequest, cancellation) is { } request)
            {
                ControlReply reply = request.Work is { } work
                    ? new(StartWorkers(connection, work, workers), Counters: null)
                    : new(Error: null, ReadCounters());
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
        if (workers.Count > 0)
        {
            return "this connection has its work already";
        }

        if (work.Workers is < 1 or > PerfProtocol.MostWorkers || work.ResponseSize is < 0 or > PerfProtocol.LargestMessage)
        {
            return $"at most {PerfProtocol.MostWorkers} streams at once and {PerfProtocol.LargestMessage} bytes a response";
        }

        for (int worker = 0; worker < work.Workers; worker++)
        {
            workers.Add(Task.Run(() => new ServerWorker(connection, work, CountReceived).RunAsync()));
        }

        return null;
    }

    private void CountReceived(int bytes) => Interlocked.Add(ref _bytesReceived, bytes);

    private ProcessCounters ReadCounters() => ProcessCounters.Read(Interlocked.Read(ref _bytesReceived), _ledger.Read());
}
