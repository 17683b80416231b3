using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Errors;
using HotQuic.Tests.Certificates;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>S19: certificates of clients, asked for or not, shown or not, and judged by the server.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    /// <summary>The ways that a client's options name a certificate.</summary>
    public enum Way
    {
        Collection,
        Context,
        Selection,
    }

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(Way.Collection)]
    [InlineData(Way.Context)]
    [InlineData(Way.Selection)]
    public async Task S19_WhatIsAskedForIsShownAndVerified(Way way)
    {
        using X509Certificate2 certificate = _certificates.ForClient();
        await using Pair pair = await Pair.ConnectAsync(server: Require, client: options => Show(options, certificate, way));
        Assert.Equal(certificate, pair.Server.RemoteCertificate);
    }

    /// <summary>What stands beside the certificate may be what its chain goes by, and may come later than it.</summary>
    [Fact]
    public async Task S19_ACollectionCarriesItsIntermediates()
    {
        using var intermediate = new TestAuthority("intermediate of clients", _certificates.Authority);
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = intermediate.Issue(key, new LeafWish { Names = [], Purpose = TestAuthority.ClientPurpose });
        (_, Exception alone) = await HandshakeFailures.BothAsync(Pair.ListenerOptions(change: Require), options => Show(options, certificate, Way.Collection));
        HandshakeFailures.AssertAlert(alone, TlsAlert.UnknownCa);
        await using Pair pair = await Pair.ConnectAsync(
            server: Require, client: options => options.ClientAuthenticationOptions.ClientCertificates = [certificate, intermediate.Certificate]);
        Assert.Equal(certificate, pair.Server.RemoteCertificate);
        (_, Exception again) = await HandshakeFailures.BothAsync(Pair.ListenerOptions(change: Require), options => Show(options, certificate, Way.Collection));
        HandshakeFailures.AssertAlert(again, TlsAlert.UnknownCa);
    }

    [Fact]
    public async Task S19_WhatIsNotAskedForIsNotShown()
    {
        using X509Certificate2 certificate = _certificates.ForClient();
        await using Pair pair = await Pair.ConnectAsync(client: options => Show(options, certificate, Way.Collection));
        Assert.Null(pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task S19_WhereOneIsRequiredNoneIsRefused()
    {
        (Exception atClient, Exception atServer) = await HandshakeFailures.BothAsync(Pair.ListenerOptions(change: Require));
        HandshakeFailures.AssertAlert(atClient, TlsAlert.CertificateRequired);
        HandshakeFailures.AssertAlert(atServer, TlsAlert.CertificateRequired);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task S19_WhetherNoneWillDoIsForTheCallbackToSay(bool isAccepted)
    {
        SslPolicyErrors errors = default;
        object? sender = null;
        bool wasNull = false;
        void Judge(QuicServerConnectionOptions options)
        {
            Require(options);
            options.ServerAuthenticationOptions.RemoteCertificateValidationCallback = (from, shown, _, found) =>
            {
                (sender, wasNull, errors) = (from, shown is null, found);
                return isAccepted;
            };
        }

        if (isAccepted)
        {
            await using Pair pair = await Pair.ConnectAsync(server: Judge);
            Assert.Null(pair.Server.RemoteCertificate);
            Assert.Same(pair.Server, sender);
        }
        else
        {
            HandshakeFailures.AssertAlert((await HandshakeFailures.BothAsync(Pair.ListenerOptions(change: Judge))).Server, TlsAlert.CertificateRequired);
        }

        Assert.True(wasNull);
        Assert.Equal(SslPolicyErrors.RemoteCertificateNotAvailable, errors);
    }

    /// <summary>S8: the time limit of the handshake counts while the application judges, whether or not there is a certificate.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task S8_JudgingThatTakesTooLongIsATimeout(bool isShown)
    {
        using X509Certificate2 certificate = _certificates.ForClient();
        using var release = new ManualResetEventSlim();
        (Exception atClient, Exception atServer) = await HandshakeFailures.BothAsync(
            Pair.ListenerOptions(change: options =>
            {
                Require(options);
                options.HandshakeTimeout = TimeSpan.FromMilliseconds(300);
                options.ServerAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => release.Wait(Pair.Patience);
            }),
            options => Show(options, isShown ? certificate : null, Way.Collection));
        release.Set();
        Assert.Equal(QuicError.ConnectionTimeout, Assert.IsType<QuicException>(atServer).QuicError);
        HandshakeFailures.AssertAlert(atClient, TlsAlert.UserCanceled);
    }

    [Fact]
    public async Task S19_OneThatNobodyVouchesForIsRefused()
    {
        using var stranger = new TestCertificates("stranger");
        using X509Certificate2 certificate = stranger.ForClient();
        (Exception atClient, Exception atServer) = await HandshakeFailures.BothAsync(
            Pair.ListenerOptions(change: Require), options => Show(options, certificate, Way.Collection));
        HandshakeFailures.AssertAlert(atClient, TlsAlert.UnknownCa);
        HandshakeFailures.AssertAlert(atServer, TlsAlert.UnknownCa);
    }

    [Fact]
    public async Task S19_OneThatNobodyVouchesForIsTakenWhereTheCallbackSaysSo()
    {
        using var stranger = new TestCertificates("stranger");
        using X509Certificate2 certificate = stranger.ForClient();
        SslPolicyErrors errors = default;
        await using Pair pair = await Pair.ConnectAsync(
            server: options =>
            {
                Require(options);
                options.ServerAuthenticationOptions.RemoteCertificateValidationCallback = (_, shown, _, found) =>
                {
                    errors = found;
                    return shown is not null;
                };
            },
            client: options => Show(options, certificate, Way.Collection));
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, errors);
        Assert.Equal(certificate, pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task S19_OneMeantForServersIsRefused()
    {
        using X509Certificate2 certificate = _certificates.ForClient(TestAuthority.ServerPurpose);
        (_, Exception atServer) = await HandshakeFailures.BothAsync(
            Pair.ListenerOptions(change: Require), options => Show(options, certificate, Way.Collection));
        HandshakeFailures.AssertAlert(atServer, TlsAlert.UnsupportedCertificate);
    }

    [Fact]
    public async Task S19_WhatTheServersCallbackThrowsIsInsideTheFailureOfOneAccept()
    {
        using X509Certificate2 certificate = _certificates.ForClient();
        (_, Exception atServer) = await HandshakeFailures.BothAsync(
            Pair.ListenerOptions(change: options =>
            {
                Require(options);
                options.ServerAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => throw new InvalidDataException("cannot judge");
            }),
            options => Show(options, certificate, Way.Collection));
        QuicException inner = HandshakeFailures.AssertAlert(atServer, TlsAlert.CertificateUnknown);
        Assert.IsType<InvalidDataException>(inner.InnerException);
    }

    /// <summary>A selection that gives none shows none, whatever the collection holds.</summary>
    [Fact]
    public async Task S19_AClientMayChooseToShowNone()
    {
        using X509Certificate2 certificate = _certificates.ForClient();
        int offered = 0;
        (_, Exception atServer) = await HandshakeFailures.BothAsync(Pair.ListenerOptions(change: Require), options =>
        {
            Show(options, certificate, Way.Collection);
            options.ClientAuthenticationOptions.LocalCertificateSelectionCallback = (_, host, certificates, _, _) =>
            {
                Assert.Equal("localhost", host);
                offered = certificates.Count;
                return null!;
            };
        });
        Assert.Equal(1, offered);
        HandshakeFailures.AssertAlert(atServer, TlsAlert.CertificateRequired);
    }

    private void Require(QuicServerConnectionOptions options)
    {
        options.ServerAuthenticationOptions.ClientCertificateRequired = true;
        options.ServerAuthenticationOptions.CertificateChainPolicy = _certificates.Trust();
    }

    private static void Show(QuicClientConnectionOptions options, X509Certificate2? certificate, Way way)
    {
        if (certificate is null)
        {
            return;
        }

        switch (way)
        {
            case Way.Collection:
                options.ClientAuthenticationOptions.ClientCertificates = [certificate];
                break;
            case Way.Context:
                options.ClientAuthenticationOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
                break;
            case Way.Selection:
                options.ClientAuthenticationOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
                break;
        }
    }
}
