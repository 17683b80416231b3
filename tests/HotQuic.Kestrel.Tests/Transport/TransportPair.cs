using System.Net;
using System.Net.Security;
using System.Text;
using HotQuic.Kestrel.Listening;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace HotQuic.Kestrel.Tests.Transport;

/// <summary>
/// The transport as Kestrel drives it, with a client of HotQuic's: <see cref="ListenAsync"/>, then <see cref="ConnectAsync"/> for each
/// connection, whose two ends are <see cref="Client"/> and <see cref="Server"/>.
/// </summary>
internal sealed class TransportPair : IAsyncDisposable
{
    public static readonly SslApplicationProtocol Protocol = new("kestrel-test");

    private TransportPair(IMultiplexedConnectionListener listener, LogRecord log)
    {
        Listener = listener;
        Log = log;
    }

    public LogRecord Log { get; }

    public IMultiplexedConnectionListener Listener { get; }

    public QuicConnection Client { get; private set; } = null!;

    public MultiplexedConnectionContext Server { get; private set; } = null!;

    public IPEndPoint EndPoint => (IPEndPoint)Listener.EndPoint;

    public static HotQuicTransportFactory CreateFactory(LogRecord? log = null, Action<HotQuicTransportOptions>? configure = null)
    {
        var options = new HotQuicTransportOptions();
        configure?.Invoke(options);
        return new HotQuicTransportFactory(new OptionsWrapper<HotQuicTransportOptions>(options), log ?? new LogRecord());
    }

    /// <summary>The features that Kestrel gives for an HTTPS endpoint.</summary>
    public static FeatureCollection FeaturesFor(SslServerAuthenticationOptions? authentication = null, params SslApplicationProtocol[] protocols)
    {
        authentication ??= new SslServerAuthenticationOptions { ServerCertificate = TestCertificates.Localhost };
        var features = new FeatureCollection();
        features.Set(new TlsConnectionCallbackOptions
        {
            ApplicationProtocols = [.. protocols.DefaultIfEmpty(Protocol)],
            OnConnection = (_, _) => ValueTask.FromResult(authentication),
        });
        return features;
    }

    public static async Task<TransportPair> ListenAsync(IFeatureCollection? features = null, Action<HotQuicTransportOptions>? configure = null)
    {
        var log = new LogRecord();
        HotQuicTransportFactory factory = CreateFactory(log, configure);
        IMultiplexedConnectionListener listener = await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), features ?? FeaturesFor()).OrFail();
        return new TransportPair(listener, log);
    }

    /// <summary>A listener with one connection.</summary>
    public static async Task<TransportPair> StartAsync(Action<HotQuicTransportOptions>? configure = null)
    {
        TransportPair pair = await ListenAsync(configure: configure);
        await pair.ConnectAsync();
        return pair;
    }

    /// <summary>Connects, and accepts at the other end.</summary>
    public async Task ConnectAsync()
    {
        Task<MultiplexedConnectionContext?> accepting = Listener.AcceptAsync().AsTask();
        Client = await ConnectClientAsync();
        Server = (await accepting.OrFail())!;
    }

    public Task<QuicConnection> ConnectClientAsync(Action<QuicClientConnectionOptions>? configure = null)
    {
        var options = new QuicClientConnectionOptions
        {
            RemoteEndPoint = EndPoint,
            DefaultCloseErrorCode = 1,
            DefaultStreamErrorCode = 2,
            MaxInboundBidirectionalStreams = 10,
            MaxInboundUnidirectionalStreams = 10,
            ClientAuthenticationOptions = new()
            {
                ApplicationProtocols = [Protocol],
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            },
        };
        configure?.Invoke(options);
        return QuicConnection.ConnectAsync(options).OrFail();
    }

    /// <summary>A stream that the client opened with some bytes, at both ends.</summary>
    public async Task<(QuicStream Client, ConnectionContext Server)> OpenAsync(string text = "hello", bool isComplete = false)
    {
        QuicStream stream = await Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).OrFail();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), isComplete).OrFail();
        ConnectionContext? accepted = await Server.AcceptAsync().OrFail();
        Assert.NotNull(accepted);
        return (stream, accepted);
    }

    /// <summary>One exchange that ends in good order on both sides; gives the context that served it.</summary>
    public async Task<ConnectionContext> ExchangeAsync()
    {
        (QuicStream client, ConnectionContext server) = await OpenAsync(isComplete: true);
        Assert.Equal("hello", await server.Transport.Input.ReadToEndAsync());
        await server.Transport.Output.WriteAsync("world"u8.ToArray()).OrFail();
        await server.Transport.Output.CompleteAsync();
        await server.Transport.Input.CompleteAsync();
        Assert.Equal("world", await client.ReadToEndAsync());
        await EndAsync(server);
        await client.DisposeAsync().OrFail();
        return server;
    }

    /// <summary>Ends a stream as Kestrel does: once the disposal was awaited and the stream struck off, the context may go on to another.</summary>
    public static async Task EndAsync(ConnectionContext server)
    {
        await server.DisposeAsync().OrFail();
        Assert.IsAssignableFrom<IDisposable>(server).Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (Client is not null)
        {
            await Client.DisposeAsync().OrFail();
            await Server.DisposeAsync().OrFail();
        }

        await Listener.DisposeAsync().OrFail();
    }
}
