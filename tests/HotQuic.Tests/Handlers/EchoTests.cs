using System.Security.Cryptography;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Handlers;

public sealed class EchoTests
{
    [Fact]
    public async Task AnEchoIsOneLineAndWhatDidNotFitIsResumed()
    {
        byte[] sent = RandomNumberGenerator.GetBytes(20_000_000);
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            server: probe => probe.Stream = (_, _) => new Echo(),
            serverOptions: options => options.Transport.SendBufferSize = 100_000);
        var sender = new Sender(sent);

        QuicStreamHandle stream = await pair.OpenAsync(sender.Probe);
        await pair.OnClientAsync(() => sender.Send(stream));

        await sender.Probe.WhenClosed;
        Assert.True(sent.AsSpan().SequenceEqual(sender.Probe.Received));
    }

    [Fact]
    public async Task AStreamOfTheClientsAwaitingApiReachesAHandler()
    {
        byte[] sent = RandomNumberGenerator.GetBytes(20_000_000);
        var probe = new ConnectionProbe { Stream = (_, _) => new Echo() };
        QuicServerConfiguration configuration = HandlerPair.ServerConfiguration();
        await using QuicServer listener = HandlerPair.Listen(attempt => attempt.Accept(configuration, probe));
        await using QuicConnection client = await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoints[0]));
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);

        Task writing = stream.WriteAsync(sent, completeWrites: true).AsTask();
        using var received = new MemoryStream();
        await stream.CopyToAsync(received).WaitAsync(Pair.Patience);

        await writing.WaitAsync(Pair.Patience);
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task AHandlersStreamReachesTheServersAwaitingApi()
    {
        byte[] sent = RandomNumberGenerator.GetBytes(20_000_000);
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        var probe = new ConnectionProbe();
        QuicConnectionHandle connection = QuicClient.Connect(HandlerPair.ClientConfiguration(), listener.LocalEndPoint, probe);
        await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        await probe.WhenConnected;
        var sender = new Sender(sent);

        await ConnectionProbe.RunAsync(connection, () =>
        {
            Assert.True(connection.TryOpenStream(QuicStreamType.Bidirectional, sender.Probe, state: null, out QuicStreamHandle stream));
            sender.Send(stream);
        });
        await using (QuicStream stream = await server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience))
        {
            await stream.CopyToAsync(stream).WaitAsync(Pair.Patience);
            stream.CompleteWrites();
        }

        await sender.Probe.WhenClosed;
        Assert.True(sent.AsSpan().SequenceEqual(sender.Probe.Received));
        await ConnectionProbe.RunAsync(connection, () => connection.Close(0));
        await probe.WhenClosed;
    }

    private sealed class Echo : QuicStreamHandler
    {
        public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd) => stream.Write(data, isEnd);

        public override void OnWritable(QuicStreamHandle stream) => stream.ResumeReading();
    }

    /// <summary>Writes as much as fits, and the rest when there is room.</summary>
    private sealed class Sender
    {
        private readonly byte[] _bytes;
        private int _sent;

        public Sender(byte[] bytes)
        {
            _bytes = bytes;
            Probe = new StreamProbe { Writable = Send };
        }

        public StreamProbe Probe { get; }

        public void Send(QuicStreamHandle stream) => _sent += stream.Write(_bytes.AsSpan(_sent), completeWrites: true);
    }
}
