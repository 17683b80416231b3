using System.IO.Pipelines;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Pipes;

/// <summary>What a pipe's reader consumes becomes the peer's credit (RFC 9000 §4.1), with nothing else to wake the shard soon.</summary>
public sealed class ReadCreditTests
{
    private const int RequestLength = 1024;
    private const int Requests = 16;

    /// <summary>
    /// Requests that fill the connection's window are read to their ends, and their answers wait for what a further one brings. The peer said
    /// that the window blocks it before anything was consumed, and says nothing more.
    /// </summary>
    [Fact]
    public async Task RequestsThatWaitForALaterOneLetItCome()
    {
        using QuicEngine clientEngine = OneShard();
        using QuicEngine serverEngine = OneShard();
        await using QuicListener listener = await QuicListener.ListenOnAsync(
            serverEngine,
            Pair.ListenerOptions(change: options => options.InitialReceiveWindowSizes.Connection = Requests * RequestLength),
            CancellationToken.None);
        Task<QuicConnection> accepting = listener.AcceptConnectionAsync().AsTask();
        await using QuicConnection client =
            await QuicConnection.ConnectOnAsync(clientEngine, Pair.ClientOptions(listener.LocalEndPoint), CancellationToken.None).AsTask().WaitAsync(Pair.Patience);
        await using QuicConnection server = await accepting.WaitAsync(Pair.Patience);
        var reads = new List<(PipeReader Input, ReadResult Result)>();
        for (int i = 0; i < Requests; i++)
        {
            await RequestAsync(client);
            PipeReader input = (await server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience)).Input;
            ReadResult result = await input.ReadAtLeastAsync(RequestLength).AsTask().WaitAsync(Pair.Patience);
            Assert.True(result.IsCompleted);
            reads.Add((input, result));
        }

        Task<QuicStream> later = server.AcceptInboundStreamAsync().AsTask();
        await WhenQuietAsync(client, server, sent: 0);
        long sent = client.GetStatistics().PacketsSent;
        await RequestAsync(client);
        await WhenQuietAsync(client, server, sent + 1);
        Assert.False(later.IsCompleted, "the window was not full");

        foreach ((PipeReader input, ReadResult result) in reads)
        {
            input.AdvanceTo(result.Buffer.End);
        }

        PipeReader laterInput = (await later.WaitAsync(Pair.Patience)).Input;
        Assert.True((await laterInput.ReadAtLeastAsync(RequestLength).AsTask().WaitAsync(Pair.Patience)).IsCompleted);
    }

    private static async Task RequestAsync(QuicConnection client)
    {
        QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask().WaitAsync(Pair.Patience);
        await stream.WriteAsync(new byte[RequestLength], completeWrites: true).AsTask().WaitAsync(Pair.Patience);
    }

    /// <summary>Waits until so much was sent, and all was acknowledged. What is published tells it: to ask the shards would wake them.</summary>
    private static async Task WhenQuietAsync(QuicConnection client, QuicConnection server, long sent)
    {
        using var patience = new CancellationTokenSource(Pair.Patience);
        while (client.GetStatistics() is not { BytesInFlight: 0 } seen || seen.PacketsSent < sent || server.GetStatistics().BytesInFlight > 0)
        {
            await Task.Delay(1, patience.Token);
        }
    }

    private static QuicEngine OneShard() => new(new QuicEngineOptions { Shards = 1, Spin = TimeSpan.Zero });
}
