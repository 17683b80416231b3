using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Options;

namespace HotQuic.Tests.Engine;

/// <summary>A listener, options that reach it, and a connection between the two, over loopback.</summary>
internal sealed class Pair : IAsyncDisposable
{
    public const string Protocol = "test";

    private static readonly X509Certificate2 Certificate = DevelopmentCertificate.Create();

    /// <summary>How sockets are driven where a test does not say it.</summary>
    private static readonly AsyncLocal<QuicIoMode?> AmbientIo = new();

    private Pair(QuicListener listener, QuicConnection client, QuicConnection server)
    {
        Listener = listener;
        Client = client;
        Server = server;
    }

    /// <summary>Long enough that only a hang reaches it.</summary>
    public static TimeSpan Patience => TimeSpan.FromSeconds(30);

    /// <summary>The system's own calls, where we have them: for tests of what only these do, or of what the platform's sockets cost.</summary>
    public static QuicIoMode SystemIo => OperatingSystem.IsLinux() ? QuicIoMode.Offload : QuicIoMode.Auto;

    /// <summary>
    /// How sockets are driven in this test where it does not say so itself: as its class or HOTQUIC_TEST_IO has set it, otherwise by the system's
    /// own calls.
    /// </summary>
    public static QuicIoMode Io
    {
        get => AmbientIo.Value ?? (IoModes.Auto == QuicIoMode.Auto ? SystemIo : IoModes.Auto);
        set => AmbientIo.Value = value;
    }

    public QuicListener Listener { get; }

    public QuicConnection Client { get; }

    public QuicConnection Server { get; }

    public static QuicServerConnectionOptions ServerOptions(Action<QuicServerConnectionOptions>? change = null)
    {
        var options = new QuicServerConnectionOptions
        {
            DefaultStreamErrorCode = 0x51,
            DefaultCloseErrorCode = 0x52,
            ServerAuthenticationOptions = new SslServerAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
                ServerCertificate = Certificate,
            },
        };
        change?.Invoke(options);
        return options;
    }

    public static QuicListenerOptions ListenerOptions(
        QuicIoMode io = QuicIoMode.Auto, Action<QuicServerConnectionOptions>? change = null, IPEndPoint? at = null) => new()
        {
            ListenEndPoint = at ?? new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(ServerOptions(change)),
            IoMode = io == QuicIoMode.Auto ? Io : io,

            // How busy the machine is that runs the tests must not decide them.
            OverloadLimit = Timeout.InfiniteTimeSpan,
        };

    public static QuicClientConnectionOptions ClientOptions(
        IPEndPoint server, QuicIoMode io = QuicIoMode.Auto, Action<QuicClientConnectionOptions>? change = null)
    {
        var options = new QuicClientConnectionOptions
        {
            DefaultStreamErrorCode = 0x41,
            DefaultCloseErrorCode = 0x42,
            MaxInboundBidirectionalStreams = 100,
            MaxInboundUnidirectionalStreams = 10,
            RemoteEndPoint = server,
            Transport = { IoMode = io == QuicIoMode.Auto ? Io : io },
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null && shown.Equals(Certificate),
            },
        };
        change?.Invoke(options);
        return options;
    }

    public static async Task<Pair> ConnectAsync(
        QuicIoMode io = QuicIoMode.Auto,
        Action<QuicServerConnectionOptions>? server = null,
        Action<QuicClientConnectionOptions>? client = null)
    {
        QuicListener listener = await QuicListener.ListenAsync(ListenerOptions(io, server));
        Task<QuicConnection> accepted = listener.AcceptConnectionAsync().AsTask();
        QuicConnection connected = await QuicConnection.ConnectAsync(ClientOptions(listener.LocalEndPoint, io, client)).AsTask().WaitAsync(Patience);
        return new Pair(listener, connected, await accepted.WaitAsync(Patience));
    }

    /// <summary>A stream and its other end, after a first byte went from the client.</summary>
    public async Task<(QuicStream Client, QuicStream Server)> OpenAsync(QuicStreamType type = QuicStreamType.Bidirectional)
    {
        QuicStream client = await Client.OpenOutboundStreamAsync(type).AsTask().WaitAsync(Patience);
        await client.WriteAsync(new byte[1]).AsTask().WaitAsync(Patience);
        QuicStream server = await Server.AcceptInboundStreamAsync().AsTask().WaitAsync(Patience);
        Assert.Equal(1, await server.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        return (client, server);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await Listener.DisposeAsync();
    }
}
