using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace HotQuic.Kestrel.Tests.Transport;

/// <summary>How connections are accepted, and what their TLS options may be (K3, K4).</summary>
public sealed class AcceptTests
{
    [Fact]
    public async Task K3_AcceptingGivesNullWhenTheListenerIsUnboundMeanwhile()
    {
        await using TransportPair pair = await TransportPair.ListenAsync();
        Task<MultiplexedConnectionContext?> accepting = pair.Listener.AcceptAsync().AsTask();
        await pair.Listener.UnbindAsync().OrFail();
        Assert.Null(await accepting.OrFail());
        await pair.Log.WaitForAsync("ListenerStopped");
    }

    [Fact]
    public async Task K3_AcceptingGivesNullAfterDisposal()
    {
        TransportPair pair = await TransportPair.ListenAsync();
        await pair.Listener.DisposeAsync().OrFail();
        Assert.Null(await pair.Listener.AcceptAsync().OrFail());
        await pair.Listener.UnbindAsync().OrFail();
    }

    [Fact]
    public async Task K3_AHandshakeThatFailsIsLoggedAndTheNextIsAccepted()
    {
        await using TransportPair pair = await TransportPair.ListenAsync();
        Task<MultiplexedConnectionContext?> accepting = pair.Listener.AcceptAsync().AsTask();
        await Assert.ThrowsAsync<AuthenticationException>(() => pair.ConnectClientAsync(
            options => options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => false));
        LogEntry entry = await pair.Log.WaitForAsync("AcceptFailed");
        Assert.NotNull(entry.Exception);

        await using QuicConnection client = await pair.ConnectClientAsync();
        MultiplexedConnectionContext? accepted = await accepting.OrFail();
        Assert.NotNull(accepted);
        await accepted.DisposeAsync().OrFail();
    }

    [Fact]
    public async Task K3_ACancelledAcceptThrowsAndALaterOneWorks()
    {
        await using TransportPair pair = await TransportPair.ListenAsync();
        using var source = new CancellationTokenSource();
        Task<MultiplexedConnectionContext?> accepting = pair.Listener.AcceptAsync(cancellationToken: source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting.OrFail());
        await pair.ConnectAsync();
    }

    [Fact]
    public async Task K4_OptionsWithoutProtocolsInheritTheListeners()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        Assert.Equal(TransportPair.Protocol, pair.Client.NegotiatedApplicationProtocol);
    }

    [Fact]
    public async Task K4_AMissingCertificateIsLoggedAndFailsThatConnection()
    {
        await using TransportPair pair = await TransportPair.ListenAsync(TransportPair.FeaturesFor(new SslServerAuthenticationOptions()));
        Task<MultiplexedConnectionContext?> accepting = pair.Listener.AcceptAsync().AsTask();
        await Assert.ThrowsAsync<AuthenticationException>(() => pair.ConnectClientAsync());
        LogEntry entry = await pair.Log.WaitForAsync("CertificateMissing");
        Assert.Equal(LogLevel.Warning, entry.Level);
        Assert.Contains("'localhost'", entry.Message, StringComparison.Ordinal);
        await pair.Listener.UnbindAsync().OrFail();
        Assert.Null(await accepting.OrFail());
    }

    [Fact]
    public async Task K4_ASelectorThatGivesNoCertificateIsLoggedAndFailsThatConnection()
    {
        var tls = new SslServerAuthenticationOptions { ServerCertificateSelectionCallback = (_, _) => null! };
        await using TransportPair pair = await TransportPair.ListenAsync(TransportPair.FeaturesFor(tls));
        Task<MultiplexedConnectionContext?> accepting = pair.Listener.AcceptAsync().AsTask();
        await Assert.ThrowsAsync<AuthenticationException>(() => pair.ConnectClientAsync());
        LogEntry entry = await pair.Log.WaitForAsync("OptionsUnusable");
        Assert.Equal(LogLevel.Warning, entry.Level);
        Assert.Contains("'localhost'", entry.Exception!.Message, StringComparison.Ordinal);
        await pair.Listener.UnbindAsync().OrFail();
        Assert.Null(await accepting.OrFail());
    }

    /// <summary>K4: the callback knows the connection, the client's name and the state that was registered with it.</summary>
    [Fact]
    public async Task K4_TheCallbackIsToldWhoAsks()
    {
        var told = new TaskCompletionSource<TlsConnectionCallbackContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        FeatureCollection features = TransportPair.FeaturesFor();
        TlsConnectionCallbackOptions tls = features.Get<TlsConnectionCallbackOptions>()!;
        tls.OnConnectionState = "state";
        tls.OnConnection = (context, _) =>
        {
            told.SetResult(context);
            return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = TestCertificates.Localhost });
        };
        await using TransportPair pair = await TransportPair.ListenAsync(features);
        await pair.ConnectAsync();
        TlsConnectionCallbackContext context = await told.Task.OrFail();
        Assert.Equal(("state", "localhost"), (context.State, context.ClientHelloInfo.ServerName));
        Assert.Same(pair.Server, context.Connection);
        Assert.Equal(pair.Client.LocalEndPoint.Port, ((System.Net.IPEndPoint)context.Connection.RemoteEndPoint!).Port);
        Assert.Equal(pair.EndPoint, context.Connection.LocalEndPoint);
    }

    [Fact]
    public async Task K4_ACertificateMayBeSelectedByName()
    {
        using X509Certificate2 other = TestCertificates.Create("other.test");
        var authentication = new SslServerAuthenticationOptions
        {
            ServerCertificateSelectionCallback = (_, name) => name == "other.test" ? other : TestCertificates.Localhost,
        };
        await using TransportPair pair = await TransportPair.ListenAsync(TransportPair.FeaturesFor(authentication));
        foreach (string name in (string[])["localhost", "other.test"])
        {
            await using QuicConnection client = await pair.ConnectClientAsync(options => options.ClientAuthenticationOptions.TargetHost = name);
            Assert.Equal($"CN={name}", client.RemoteCertificate!.Subject);
        }
    }
}
