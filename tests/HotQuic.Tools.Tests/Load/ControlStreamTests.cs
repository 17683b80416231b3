using System.Net;
using System.Net.Security;
using System.Text;
using HotQuic.Load;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;
using HotQuic.Load.Transport;
using HotQuic.Tools.Certificates;

namespace HotQuic.Tools.Tests.Load;

/// <summary>The control stream as a server of each API keeps it, and what a client makes of servers that keep it otherwise.</summary>
[Collection(nameof(EndToEnd))]
public sealed class ControlStreamTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly ServerIdentity _identity = ServerIdentity.From(null, null, "127.0.0.1");
    private readonly CancellationTokenSource _stop = new(Patience);

    public void Dispose()
    {
        _identity.Dispose();
        _stop.Dispose();
    }

    [Theory]
    [InlineData(PerfApi.Stream)]
    [InlineData(PerfApi.StreamOnPool)]
    [InlineData(PerfApi.Handler)]
    public async Task RequestsAreAnsweredInOrderHoweverTheyCome(PerfApi api)
    {
        await using Serving serving = await ServeAsync(api);
        await using QuicConnection connection = await ConnectAsync(serving.EndPoint);
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        ControlChannel channel = new(stream);
        byte[] counters = ControlLines.ToLine(new(Work: null), ControlJson.Default.ControlRequest);
        byte[] work = ControlLines.ToLine(new(new(ScenarioKind.Request, 1, 64)), ControlJson.Default.ControlRequest);
        byte[] impossible = ControlLines.ToLine(new(new(ScenarioKind.Request, 0, 64)), ControlJson.Default.ControlRequest);

        await stream.WriteAsync((byte[])[.. counters, .. impossible, .. work, .. counters, .. work[..10]], _stop.Token);
        ControlReply[] replies = [await ReplyAsync(channel), await ReplyAsync(channel), await ReplyAsync(channel), await ReplyAsync(channel)];
        await stream.WriteAsync(work.AsMemory(10), completeWrites: true, _stop.Token);
        ControlReply second = await ReplyAsync(channel);

        Assert.NotNull(replies[0].Counters);
        Assert.Equal(ApiChoice.NameOf(api), replies[0].Server?.Api);
        Assert.Contains("streams at once", replies[1].Error, StringComparison.Ordinal);
        Assert.Equal(new ControlReply(Error: null), replies[2]);
        Assert.NotNull(replies[3].Counters);
        Assert.Contains("its work already", second.Error, StringComparison.Ordinal);
        Assert.Null(await channel.ReceiveAsync(ControlJson.Default.ControlReply, _stop.Token));
    }

    [Theory]
    [InlineData(PerfApi.Stream, "not json\n")]
    [InlineData(PerfApi.Handler, "not json\n")]
    [InlineData(PerfApi.Stream, "{\"work\":")]
    [InlineData(PerfApi.Handler, "{\"work\":")]
    public async Task WhatIsNoRequestEndsTheConnection(PerfApi api, string sent)
    {
        await using Serving serving = await ServeAsync(api);
        await using QuicConnection connection = await ConnectAsync(serving.EndPoint);
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);

        await stream.WriteAsync(Encoding.UTF8.GetBytes(sent), completeWrites: true, _stop.Token);

        QuicException closed = await Assert.ThrowsAsync<QuicException>(() => stream.ReadAsync(new byte[1], _stop.Token).AsTask());
        Assert.Equal((QuicError.ConnectionAborted, PerfProtocol.ProtocolViolation), (closed.QuicError, closed.ApplicationErrorCode));
    }

    [Theory]
    [InlineData("{\"counters\":{\"atSeconds\":1,\"cpuSeconds\":1,\"allocatedBytes\":0,\"compilationSeconds\":0,\"bytesReceived\":0,\"packets\":{}}}\n")]
    [InlineData("{\"counters\":{}}\n")]
    [InlineData("")]
    public async Task AServerThatAnswersOtherwiseIsSaidToBeOfAnotherVersion(string reply)
    {
        await using QuicListener listener = await ListenAsync();
        Task answering = AnswerAsync(listener, reply);
        PerfClient client = new(new() { Server = listener.LocalEndPoint, TargetHost = "127.0.0.1", Trust = ServerTrust.Anything });

        InvalidDataException failure = await Assert.ThrowsAsync<InvalidDataException>(() => ServerProbe.OpenAsync(client, _stop.Token));

        Assert.Contains("of one version", failure.Message, StringComparison.Ordinal);
        await answering;
    }

    private static SslApplicationProtocol Protocol => new(PerfProtocol.ApplicationProtocol);

    private async Task<Serving> ServeAsync(PerfApi api)
    {
        PerfServerOptions options = new() { ListenEndPoint = AnyPort, Certificate = _identity.Certificate, Api = api };
        return new(await PerfServer.ListenAsync(options, _stop.Token));
    }

    private async Task<QuicConnection> ConnectAsync(IPEndPoint server)
    {
        SslClientAuthenticationOptions tls = new() { ApplicationProtocols = [Protocol], TargetHost = "127.0.0.1" };
        ServerTrust.Anything.Apply(tls);
        return await QuicConnection.ConnectAsync(
            new() { RemoteEndPoint = server, DefaultCloseErrorCode = 0, DefaultStreamErrorCode = 0, ClientAuthenticationOptions = tls },
            _stop.Token);
    }

    private async Task<ControlReply> ReplyAsync(ControlChannel channel) =>
        await channel.ReceiveAsync(ControlJson.Default.ControlReply, _stop.Token) ?? throw new InvalidOperationException("The stream ended.");

    private async Task<QuicListener> ListenAsync()
    {
        QuicServerConnectionOptions options = new()
        {
            DefaultCloseErrorCode = 0,
            DefaultStreamErrorCode = 0,
            ServerAuthenticationOptions = new() { ServerCertificate = _identity.Certificate },
        };
        return await QuicListener.ListenAsync(
            new()
            {
                ListenEndPoint = AnyPort,
                ApplicationProtocols = [Protocol],
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
            },
            _stop.Token);
    }

    /// <summary>Answers the first request with this, or, where that is empty, by closing the connection as one does that does not understand.</summary>
    private async Task AnswerAsync(QuicListener listener, string reply)
    {
        await using QuicConnection connection = await listener.AcceptConnectionAsync(_stop.Token);
        await using QuicStream stream = await connection.AcceptInboundStreamAsync(_stop.Token);
        await new ControlChannel(stream).ReceiveAsync(ControlJson.Default.ControlRequest, _stop.Token);
        if (reply.Length == 0)
        {
            await connection.CloseAsync(PerfProtocol.ProtocolViolation, _stop.Token);
            return;
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(reply), completeWrites: true, _stop.Token);
        await Assert.ThrowsAsync<QuicException>(() => connection.AcceptInboundStreamAsync(_stop.Token).AsTask());
    }

    /// <summary>A server that serves until this is disposed.</summary>
    private sealed class Serving : IAsyncDisposable
    {
        private readonly PerfServer _server;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public Serving(PerfServer server)
        {
            _server = server;
            _running = server.RunAsync(_stop.Token);
        }

        public IPEndPoint EndPoint => _server.LocalEndPoint;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            await _server.DisposeAsync();
            _stop.Dispose();
        }
    }
}
