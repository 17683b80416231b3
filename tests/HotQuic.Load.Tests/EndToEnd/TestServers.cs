using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Transport;

namespace HotQuic.Load.Tests.EndToEnd;

/// <summary>Servers in this process, on a port that the system chose.</summary>
internal static class TestServers
{
    /// <summary>A certificate for 127.0.0.1.</summary>
    public static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>The target that an end point is, whose certificate is trusted.</summary>
    public static LoadTarget Target(string scheme, IPEndPoint server, X509Certificate2 certificate) =>
        LoadTarget.Parse($"{scheme}://127.0.0.1:{server.Port}").WithTrust(ServerTrust.Authorities([certificate]));
}

/// <summary>A <see cref="PerfServer"/> for as long as this lives.</summary>
internal sealed class RunningPerfServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate;
    private readonly PerfServer _server;
    private readonly Task _running;

    private RunningPerfServer(X509Certificate2 certificate, PerfServer server)
    {
        _certificate = certificate;
        _server = server;
        _running = server.RunAsync(_stop.Token);
    }

    public LoadTarget Target => TestServers.Target("perf", _server.LocalEndPoint, _certificate);

    public static async Task<RunningPerfServer> StartAsync(PerfApi api = PerfApi.Handler)
    {
        X509Certificate2 certificate = TestServers.Certificate();
        PerfServerOptions options = new() { ListenEndPoint = new(IPAddress.Loopback, 0), Certificate = certificate, Api = api };
        return new(certificate, await PerfServer.ListenAsync(options, CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _server.DisposeAsync();
        _stop.Dispose();
        _certificate.Dispose();
    }
}

/// <summary>A server that sends every stream back.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly X509Certificate2 _certificate = TestServers.Certificate();
    private readonly QuicServer _server;

    public EchoServer()
    {
        List<SslApplicationProtocol> protocols = [new("echo")];
        QuicServerConfiguration configuration = QuicServerConfiguration.Create(new()
        {
            ServerAuthenticationOptions = new() { ServerCertificate = _certificate, ApplicationProtocols = protocols },
            DefaultCloseErrorCode = 0,
            DefaultStreamErrorCode = 0,
            MaxInboundBidirectionalStreams = 1000,
        });
        _server = new(new Acceptor(configuration));
        _server.Start(new QuicServerBinding { ApplicationProtocols = protocols, Address = IPAddress.Loopback });
    }

    public LoadTarget Target => TestServers.Target("quic", _server.LocalEndPoints[0], _certificate);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificate.Dispose();
    }

    private sealed class Acceptor(QuicServerConfiguration configuration) : QuicServerHandler
    {
        public override void OnConnection(QuicConnectionAttempt attempt) => attempt.Accept(configuration, new Connection());
    }

    private sealed class Connection : QuicConnectionHandler
    {
        public override QuicStreamHandler? OnStream(QuicConnectionHandle connection, QuicStreamHandle stream) => Echo.Instance;
    }

    private sealed class Echo : QuicStreamHandler
    {
        public static Echo Instance { get; } = new();

        public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd) => stream.Write(data, isEnd);

        public override void OnWritable(QuicStreamHandle stream) => stream.ResumeReading();
    }
}
