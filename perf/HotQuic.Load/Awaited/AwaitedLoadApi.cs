using System.Diagnostics;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Awaited;

/// <summary>The load by <see cref="QuicConnection"/> and <see cref="QuicStream"/>.</summary>
/// <param name="client">Closes connections.</param>
/// <param name="connect">Makes them.</param>
internal sealed class AwaitedLoadApi(PerfClient client, Func<CancellationToken, Task<QuicConnection>> connect) : ILoadApi
{
    public async Task<ILoadConnection> ConnectAsync(WorkOrder work, CancellationToken cancellation)
    {
        QuicConnection connection = await connect(cancellation);
        try
        {
            await PrepareAsync(connection, work, cancellation);
            return new Lasting(client, connection);
        }
        catch
        {
            await client.CloseAsync(connection);
            throw;
        }
    }

    public Task RunHandshakesAsync(LoadCopy copy) => Task.Run(async () =>
    {
        while (!copy.IsOver)
        {
            long start = Stopwatch.GetTimestamp();
            QuicConnection made = await connect(CancellationToken.None);
            copy.Count(start, 0);
            await client.CloseAsync(made);
        }
    });

    private static async Task PrepareAsync(QuicConnection connection, WorkOrder work, CancellationToken cancellation)
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellation);
        ControlChannel channel = new(stream);
        await PerfClient.AskAsync(channel, new ControlRequest(work), cancellation);
        stream.CompleteWrites();
        await channel.ReceiveAsync(ControlJson.Default.ControlReply, cancellation);
    }

    private sealed class Lasting(PerfClient client, QuicConnection connection) : ILoadConnection
    {
        public Task RunAsync(LoadCopy copy) => Task.Run(new ClientWorker(copy, connection).RunAsync);

        public Task CloseAsync() => client.CloseAsync(connection);
    }
}
