using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Errors;
using HotQuic.Tests.Certificates;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>S19: how a server shows its certificate, and what its client does about it.</summary>
public sealed class ServerCertificateTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public static TheoryData<string?, string, bool, string> Hosts => new()
    {
        // asked for, certified, good, sent as SNI
        { "host.example", "host.example", true, "host.example" },
        { "HOST.Example", "host.example", true, "HOST.Example" },
        { "host.example.", "host.example", true, "host.example" },
        { "other.example", "host.example", false, "other.example" },
        { "a.wild.example", "*.wild.example", true, "a.wild.example" },
        { "a.b.wild.example", "*.wild.example", false, "a.b.wild.example" },
        { "wild.example", "*.wild.example", false, "wild.example" },
        { "bücher.example", "xn--bcher-kva.example", true, "xn--bcher-kva.example" },
        { "127.0.0.1", "127.0.0.1", true, "" },
        { "127.0.0.2", "127.0.0.1", false, "" },
        { "127.0.0.1", "host.example", false, "" },
        { "::1", "::1", true, "" },
        { "", "host.example", false, "" },

        // Without one, the endpoint's own name counts.
        { null, "127.0.0.1", true, "" },
        { null, "host.example", false, "" },
    };

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task S19_TheCertificateMustBeForTheTargetHost(string? host, string certified, bool isGood, string sent)
    {
        string? seen = null;
        QuicListenerOptions options = Pair.ListenerOptions();
        using X509Certificate2 certificate = _certificates.ForServer(certified);
        options.ConnectionOptionsCallback = (_, hello, _) =>
        {
            seen = hello.ServerName;
            return ValueTask.FromResult(Pair.ServerOptions(given => given.ServerAuthenticationOptions.ServerCertificate = certificate));
        };
        if (isGood)
        {
            await using QuicListener listener = await QuicListener.ListenAsync(options);
            await using QuicConnection client = await QuicConnection.ConnectAsync(
                Pair.ClientOptions(listener.LocalEndPoint, change: given => _certificates.TrustBy(given, host))).AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(sent.Length == 0 ? certified : sent, client.TargetHostName);
            await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(sent, server.TargetHostName);
        }
        else
        {
            (Exception atClient, Exception atServer) = await HandshakeFailures.BothAsync(options, given => _certificates.TrustBy(given, host));
            HandshakeFailures.AssertAlert(atClient, TlsAlert.BadCertificate);
            HandshakeFailures.AssertAlert(atServer, TlsAlert.BadCertificate);
        }

        Assert.Equal(sent, seen);
    }

    [Fact]
    public async Task S19_ACertificateContextCarriesItsIntermediates()
    {
        using var intermediate = new TestAuthority("intermediate", _certificates.Authority);
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using X509Certificate2 leaf = intermediate.Issue(key);
        var context = SslStreamCertificateContext.Create(leaf, [intermediate.Certificate], offline: true);
        await using Pair pair = await Pair.ConnectAsync(
            server: options => options.ServerAuthenticationOptions.ServerCertificateContext = context,
            client: options => _certificates.TrustBy(options, "host.example"));
        Assert.Equal(leaf, pair.Client.RemoteCertificate);
    }

    /// <summary>Whatever key a server may have, our own client takes it; so does a server whose client shows the same.</summary>
    [Theory]
    [InlineData("P-256")]
    [InlineData("P-384")]
    [InlineData("P-521")]
    [InlineData("RSA-2048")]
    [InlineData("RSA-4096")]
    public async Task S19_EveryKindOfKeyServesBothSides(string kind)
    {
        using AsymmetricAlgorithm key = kind switch
        {
            "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            "P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            "P-521" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
            _ => RSA.Create(int.Parse(kind.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture)),
        };
        using X509Certificate2 certificate = _certificates.Authority.Issue(key);
        using X509Certificate2 ofClient = _certificates.Authority.Issue(key, new LeafWish { Names = [], Purpose = TestAuthority.ClientPurpose });
        await using Pair pair = await Pair.ConnectAsync(
            server: options =>
            {
                options.ServerAuthenticationOptions.ServerCertificate = certificate;
                options.ServerAuthenticationOptions.ClientCertificateRequired = true;
                options.ServerAuthenticationOptions.CertificateChainPolicy = _certificates.Trust();
            },
            client: options =>
            {
                _certificates.TrustBy(options, "host.example");
                options.ClientAuthenticationOptions.ClientCertificates = [ofClient];
            });
        Assert.Equal(certificate, pair.Client.RemoteCertificate);
        Assert.Equal(ofClient, pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task S19_ASelectionCallbackChoosesByName()
    {
        using X509Certificate2 one = _certificates.ForServer("one.example");
        using X509Certificate2 two = _certificates.ForServer("two.example");
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions(change: options =>
        {
            options.ServerAuthenticationOptions.ServerCertificate = null;
            options.ServerAuthenticationOptions.ServerCertificateSelectionCallback = (_, name) => name == "one.example" ? one : two;
        }));
        foreach ((string name, X509Certificate2 expected) in new[] { ("one.example", one), ("two.example", two) })
        {
            await using QuicConnection client = await QuicConnection.ConnectAsync(
                Pair.ClientOptions(listener.LocalEndPoint, change: options => _certificates.TrustBy(options, name))).AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(expected, client.RemoteCertificate);
            await using QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(name, server.TargetHostName);
        }
    }

    [Fact]
    public async Task S19_ASelectionCallbackThatThrowsFailsOneAccept()
    {
        (Exception atClient, Exception atServer) = await HandshakeFailures.BothAsync(Selecting(() => throw new NotSupportedException("none today")));
        HandshakeFailures.AssertAlert(atClient, TlsAlert.UserCanceled);
        var exception = Assert.IsType<QuicException>(atServer);
        Assert.Equal(QuicError.CallbackError, exception.QuicError);
        Assert.IsType<NotSupportedException>(exception.InnerException);
    }

    [Fact]
    public async Task S19_WithoutACertificateToServeWithAnAcceptSaysSo()
    {
        Exception none = (await HandshakeFailures.BothAsync(Pair.ListenerOptions(change: options => options.ServerAuthenticationOptions.ServerCertificate = null))).Server;
        Assert.Contains("Expected a certificate", Assert.IsType<ArgumentException>(none).Message, StringComparison.Ordinal);
        Exception notChosen = (await HandshakeFailures.BothAsync(Selecting(() => null!))).Server;
        Assert.Contains("localhost", Assert.IsType<ArgumentException>(notChosen).Message, StringComparison.Ordinal);
        using X509Certificate2 full = _certificates.ForServer("localhost");
        using X509Certificate2 keyless = X509CertificateLoader.LoadCertificate(full.RawData);
        Exception noKey = (await HandshakeFailures.BothAsync(Pair.ListenerOptions(change: options => options.ServerAuthenticationOptions.ServerCertificate = keyless))).Server;
        Assert.Contains("private key", Assert.IsType<ArgumentException>(noKey).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task S19_AServerThatNobodyVouchesForIsRefused()
    {
        (Exception atClient, Exception atServer) = await HandshakeFailures.BothAsync(
            Pair.ListenerOptions(),
            options => options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null);
        HandshakeFailures.AssertAlert(atClient, TlsAlert.UnknownCa);
        HandshakeFailures.AssertAlert(atServer, TlsAlert.UnknownCa);
    }

    [Fact]
    public async Task S19_AValidationCallbackMayAcceptWhatIsWrongAndIsToldOfIt()
    {
        using X509Certificate2 certificate = _certificates.ForServer("host.example");
        SslPolicyErrors errors = default;
        object? sender = null;
        X509Certificate? shown = null;
        int chainLength = 0;
        await using Pair pair = await Pair.ConnectAsync(
            server: options => options.ServerAuthenticationOptions.ServerCertificate = certificate,
            client: options => options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (from, leaf, chain, found) =>
            {
                (sender, shown, errors, chainLength) = (from, leaf, found, chain!.ChainElements.Count);
                return leaf is not null;
            });
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch, errors);
        Assert.Same(pair.Client, sender);
        Assert.Equal(certificate, shown);
        Assert.Equal(certificate, pair.Client.RemoteCertificate);
        Assert.True(chainLength > 0);
    }

    [Fact]
    public async Task S19_AValidationCallbackMayRefuseWhatIsGood()
    {
        using X509Certificate2 certificate = _certificates.ForServer("host.example");
        SslPolicyErrors? errors = null;
        (Exception atClient, Exception atServer) = await HandshakeFailures.BothAsync(Serving(certificate), options =>
        {
            _certificates.TrustBy(options, "host.example");
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, found) =>
            {
                errors = found;
                return false;
            };
        });
        Assert.Equal(SslPolicyErrors.None, errors);
        HandshakeFailures.AssertAlert(atClient, TlsAlert.CertificateUnknown);
        HandshakeFailures.AssertAlert(atServer, TlsAlert.CertificateUnknown);
    }

    [Fact]
    public async Task S19_WhatAValidationCallbackThrowsIsInsideTheFailure()
    {
        (Exception atClient, Exception atServer) = await HandshakeFailures.BothAsync(Pair.ListenerOptions(), options =>
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => throw new InvalidDataException("cannot judge"));
        QuicException inner = HandshakeFailures.AssertAlert(atClient, TlsAlert.CertificateUnknown);
        Assert.IsType<InvalidDataException>(inner.InnerException);
        HandshakeFailures.AssertAlert(atServer, TlsAlert.CertificateUnknown);
    }

    /// <summary>S8: the time limit of the handshake counts while the application judges, too.</summary>
    [Fact]
    public async Task S19_AValidationCallbackThatTakesTooLongIsATimeout()
    {
        using var release = new ManualResetEventSlim();
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        QuicException exception = await Assert.ThrowsAsync<QuicException>(async () => await QuicConnection.ConnectAsync(Pair.ClientOptions(
            listener.LocalEndPoint,
            change: options =>
            {
                options.HandshakeTimeout = TimeSpan.FromMilliseconds(200);
                options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => release.Wait(Pair.Patience);
            })).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.ConnectionTimeout, exception.QuicError);
        release.Set();
    }

    [Fact]
    public async Task S19_TheChainPolicyDecidesWhatIsGood()
    {
        using X509Certificate2 expired = _certificates.Issue(new LeafWish { ValidFrom = TimeSpan.FromDays(-9), ValidTo = TimeSpan.FromDays(-8) });
        (Exception atClient, _) = await HandshakeFailures.BothAsync(Serving(expired), options => _certificates.TrustBy(options, "host.example"));
        HandshakeFailures.AssertAlert(atClient, TlsAlert.CertificateExpired);
        await using Pair pair = await Pair.ConnectAsync(
            server: options => options.ServerAuthenticationOptions.ServerCertificate = expired,
            client: options =>
            {
                _certificates.TrustBy(options, "host.example");
                options.ClientAuthenticationOptions.CertificateChainPolicy!.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
            });
        Assert.Equal(expired, pair.Client.RemoteCertificate);
    }

    private static QuicListenerOptions Serving(X509Certificate2 certificate) =>
        Pair.ListenerOptions(change: options => options.ServerAuthenticationOptions.ServerCertificate = certificate);

    private static QuicListenerOptions Selecting(Func<X509Certificate2> select) => Pair.ListenerOptions(change: options =>
    {
        options.ServerAuthenticationOptions.ServerCertificate = null;
        options.ServerAuthenticationOptions.ServerCertificateSelectionCallback = (_, _) => select();
    });
}
