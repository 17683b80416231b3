using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>
/// Options that cannot be used are refused with the exception that System.Net.Quic has for them: at once by <see cref="QuicListener.ListenAsync"/>
/// and <see cref="QuicConnection.ConnectAsync"/>, and from one accept where a listener's callback gave them.
/// </summary>
public class OptionChecksTests
{
    private static readonly IPEndPoint Nobody = new(IPAddress.Loopback, 1);

    /// <summary>What both kinds of connection check: the name, the exception and the change that leads to it.</summary>
    private static readonly (string Named, Type Exception, Action<QuicConnectionOptions> Change)[] Common =
    [
        ("MaxInboundBidirectionalStreams", typeof(ArgumentOutOfRangeException), options => options.MaxInboundBidirectionalStreams = -1),
        ("MaxInboundBidirectionalStreams", typeof(ArgumentOutOfRangeException), options => options.MaxInboundBidirectionalStreams = 65536),
        ("MaxInboundUnidirectionalStreams", typeof(ArgumentOutOfRangeException), options => options.MaxInboundUnidirectionalStreams = -1),
        ("MaxInboundUnidirectionalStreams", typeof(ArgumentOutOfRangeException), options => options.MaxInboundUnidirectionalStreams = 65536),
        ("IdleTimeout", typeof(ArgumentOutOfRangeException), options => options.IdleTimeout = TimeSpan.FromTicks(-1)),
        ("KeepAliveInterval", typeof(ArgumentOutOfRangeException), options => options.KeepAliveInterval = TimeSpan.FromSeconds(-1)),
        ("HandshakeTimeout", typeof(ArgumentOutOfRangeException), options => options.HandshakeTimeout = TimeSpan.FromMilliseconds(-2)),
        ("DefaultStreamErrorCode", typeof(ArgumentOutOfRangeException), options => options.DefaultStreamErrorCode = -1),
        ("DefaultStreamErrorCode", typeof(ArgumentOutOfRangeException), options => options.DefaultStreamErrorCode = 1L << 62),
        ("DefaultCloseErrorCode", typeof(ArgumentOutOfRangeException), options => options.DefaultCloseErrorCode = -1),
        ("DefaultCloseErrorCode", typeof(ArgumentOutOfRangeException), options => options.DefaultCloseErrorCode = 1L << 62),
        ("InitialReceiveWindowSizes", typeof(ArgumentNullException), options => options.InitialReceiveWindowSizes = null!),
        ("InitialReceiveWindowSizes.Connection", typeof(ArgumentOutOfRangeException), options => options.InitialReceiveWindowSizes.Connection = 0),
        ("InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream", typeof(ArgumentOutOfRangeException), options => options.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream = -1),
        ("InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream", typeof(ArgumentOutOfRangeException), options => options.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream = 0),
        ("InitialReceiveWindowSizes.UnidirectionalStream", typeof(ArgumentOutOfRangeException), options => options.InitialReceiveWindowSizes.UnidirectionalStream = 0),
    ];

    public static TheoryData<int> Rows => new(Enumerable.Range(0, Common.Length));

    [Theory]
    [MemberData(nameof(Rows))]
    public void AClientsWrongOptionIsNamedAtOnce(int row)
    {
        (string named, Type expected, Action<QuicConnectionOptions> change) = Common[row];
        Exception exception = Record.Exception(() => { _ = QuicConnection.ConnectAsync(Pair.ClientOptions(Nobody, change: change)).AsTask(); })!;
        AssertNames(exception, expected, named);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task S6_AServersWrongOptionIsNamedByOneAccept(int row)
    {
        (string named, Type expected, Action<QuicConnectionOptions> change) = Common[row];
        AssertNames(await AcceptFailureAsync(change), expected, named);
    }

    [Fact]
    public void AListenersUnknownModesAreNamedAtOnce()
    {
        AssertNames(ListenFailure(options => options.RetryMode = (QuicRetryMode)9), typeof(ArgumentOutOfRangeException), nameof(QuicListenerOptions.RetryMode));
        AssertNames(ListenFailure(options => options.IoMode = (QuicIoMode)9), typeof(ArgumentOutOfRangeException), nameof(QuicListenerOptions.IoMode));

        static Exception ListenFailure(Action<QuicListenerOptions> change)
        {
            QuicListenerOptions options = Pair.ListenerOptions();
            change(options);
            return Record.Exception(() => { _ = QuicListener.ListenAsync(options).AsTask(); })!;
        }
    }

    [Fact]
    public void NoOptionsAtAllAreNull()
    {
        Assert.Equal("options", Assert.Throws<ArgumentNullException>(() => { _ = QuicConnection.ConnectAsync(null!).AsTask(); }).ParamName);
        Assert.Equal("options", Assert.Throws<ArgumentNullException>(() => { _ = QuicListener.ListenAsync(null!).AsTask(); }).ParamName);
    }

    [Fact]
    public async Task S6_ACallbackThatGivesNoOptionsIsAnArgumentError()
    {
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult<QuicServerConnectionOptions>(null!);
        AssertNames(await AcceptFailureAsync(options), typeof(ArgumentNullException), "options");
    }

    [Theory]
    [InlineData("ClientAuthenticationOptions")]
    [InlineData("RemoteEndPoint")]
    public void AClientsMissingOptionIsNamed(string named)
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        typeof(QuicClientConnectionOptions).GetProperty(named)!.SetValue(options, null);
        AssertNames(Record.Exception(() => { _ = QuicConnection.ConnectAsync(options).AsTask(); })!, typeof(ArgumentNullException), named);
    }

    /// <summary>What client and server have in common comes first, as the base class's checks do there.</summary>
    [Fact]
    public void WhatIsCommonIsCheckedBeforeWhatIsTheClients() => AssertNames(
        Record.Exception(() => { _ = QuicConnection.ConnectAsync(new QuicClientConnectionOptions()).AsTask(); })!,
        typeof(ArgumentOutOfRangeException),
        "DefaultStreamErrorCode");

    [Fact]
    public async Task ARemoteEndPointOfAnotherKindIsRefused()
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        options.RemoteEndPoint = new System.Net.Sockets.UnixDomainSocketEndPoint("/nowhere");
        AssertNames(await ConnectFailureAsync(options), typeof(ArgumentException), "RemoteEndPoint");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task S1_AClientWithoutProtocolsNamesThem(bool isNull)
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        options.ClientAuthenticationOptions.ApplicationProtocols = isNull ? null : [];
        AssertNames(await ConnectFailureAsync(options), typeof(ArgumentException), "ApplicationProtocols");
    }

    /// <summary>A name that no ClientHello could carry is the caller's mistake, and told as such: an international one is in its xn-- form there.</summary>
    [Theory]
    [InlineData("two words")]
    [InlineData("b\u00fccher..example")]
    [InlineData("control\u0001character")]
    [InlineData(null)]
    public async Task S19_ATargetHostThatIsNoNameIsNamed(string? host)
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        options.ClientAuthenticationOptions.TargetHost = host ?? new string('x', 254);
        AssertNames(await ConnectFailureAsync(options), typeof(ArgumentException), "TargetHost");
        AssertNames(Record.Exception(() => QuicClientConfiguration.Create(options))!, typeof(ArgumentException), "TargetHost");
    }

    /// <summary>The host that nobody knows is no mistake in the options: S18 says how that is told.</summary>
    [Fact]
    public async Task S18_AnEndPointWhoseHostIsNoNameIsNotFound()
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        options.ClientAuthenticationOptions.TargetHost = null;
        options.RemoteEndPoint = new DnsEndPoint("two words", 1);
        Assert.IsAssignableFrom<System.Net.Sockets.SocketException>(await ConnectFailureAsync(options));
    }

    /// <summary>The protocols of a client go into its ClientHello, with everything else there.</summary>
    [Fact]
    public async Task S1_AClientWithMoreProtocolsThanAClientHelloHoldsNamesThem()
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        options.ClientAuthenticationOptions.ApplicationProtocols =
            [.. Enumerable.Range(0, 100).Select(i => new SslApplicationProtocol([.. Enumerable.Repeat((byte)i, 255)]))];
        AssertNames(await ConnectFailureAsync(options), typeof(ArgumentException), "ApplicationProtocols");
    }

    /// <summary>Certificates belong to the application, which may have disposed of them.</summary>
    [Theory]
    [InlineData("collection")]
    [InlineData("context")]
    [InlineData("trusted root")]
    public async Task S19_AClientsCertificateThatWasDisposedOfIsAnArgumentError(string place)
    {
        using var certificates = new TestCertificates();
        X509Certificate2 certificate = certificates.ForClient();
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        SslClientAuthenticationOptions tls = options.ClientAuthenticationOptions;
        switch (place)
        {
            case "collection":
                tls.ClientCertificates = [certificate];
                break;
            case "context":
                tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
                tls.ClientCertificateContext.TargetCertificate.Dispose();
                break;
            default:
                tls.RemoteCertificateValidationCallback = null;
                tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                tls.CertificateChainPolicy.CustomTrustStore.Add(certificate);
                break;
        }

        certificate.Dispose();
        AssertNames(await ConnectFailureAsync(options), typeof(ArgumentException), "certificate");
    }

    [Fact]
    public void AListenersWrongBacklogIsNamed()
    {
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ListenBacklog = -1;
        AssertNames(Record.Exception(() => { _ = QuicListener.ListenAsync(options).AsTask(); })!, typeof(ArgumentOutOfRangeException), "ListenBacklog");
    }

#pragma warning disable SYSLIB0040 // What is obsolete is what is asked for here.
    [Fact]
    public async Task S19_NoEncryptionIsNotSupported()
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        options.ClientAuthenticationOptions.EncryptionPolicy = EncryptionPolicy.NoEncryption;
        AssertNames(await ConnectFailureAsync(options), typeof(PlatformNotSupportedException), "NoEncryption");
        Exception atServer = await AcceptFailureAsync(given =>
            ((QuicServerConnectionOptions)given).ServerAuthenticationOptions.EncryptionPolicy = EncryptionPolicy.NoEncryption);
        AssertNames(atServer, typeof(PlatformNotSupportedException), "NoEncryption");
    }

    [Fact]
    public async Task S19_WhoeverWouldAlsoTakeNoEncryptionGetsEncryption()
    {
        await using Pair pair = await Pair.ConnectAsync(
            server: options => options.ServerAuthenticationOptions.EncryptionPolicy = EncryptionPolicy.AllowNoEncryption,
            client: options => options.ClientAuthenticationOptions.EncryptionPolicy = EncryptionPolicy.AllowNoEncryption);
        Assert.Equal(TlsCipherSuite.TLS_AES_128_GCM_SHA256, pair.Client.NegotiatedCipherSuite);
    }
#pragma warning restore SYSLIB0040

    [Fact]
    public async Task S19_OlderVersionsOfTlsAloneAreRefused()
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        options.ClientAuthenticationOptions.EnabledSslProtocols = SslProtocols.Tls12;
        AssertNames(await ConnectFailureAsync(options), typeof(ArgumentException), "EnabledSslProtocols");
        Exception atServer = await AcceptFailureAsync(given =>
            ((QuicServerConnectionOptions)given).ServerAuthenticationOptions.EnabledSslProtocols = SslProtocols.Tls12);
        AssertNames(atServer, typeof(ArgumentException), "EnabledSslProtocols");
    }

    [Fact]
    public async Task S19_OlderVersionsOfTlsBesideTls13DoNoHarm()
    {
        await using Pair pair = await Pair.ConnectAsync(client: options =>
            options.ClientAuthenticationOptions.EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13);
        Assert.Equal(SslProtocols.Tls13, pair.Client.SslProtocol);
    }

    [SkippableFact]
    public async Task S19_APolicyWithoutASuiteOfTls13IsRefused()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The platform has policies on Linux only.");
#pragma warning disable CA1416 // Skipped elsewhere.
        var policy = new CipherSuitesPolicy([TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]);
#pragma warning restore CA1416
        QuicClientConnectionOptions options = Pair.ClientOptions(Nobody);
        options.ClientAuthenticationOptions.CipherSuitesPolicy = policy;
        AssertNames(await ConnectFailureAsync(options), typeof(ArgumentException), "CipherSuitesPolicy");
    }

    /// <summary>Zero, the default, and infinite each have their meaning; so has the longest time there is.</summary>
    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(long.MaxValue)]
    public async Task TimesAtTheirLimitsAreTaken(long milliseconds)
    {
        TimeSpan time = milliseconds == long.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(milliseconds);
        void Change(QuicConnectionOptions options)
        {
            options.IdleTimeout = time;
            options.KeepAliveInterval = time;
            options.HandshakeTimeout = time;
        }

        await using Pair pair = await Pair.ConnectAsync(server: Change, client: Change);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.WriteAsync(new byte[] { 1 });
        Assert.Equal(1, await client.ReadAsync(new byte[2]).AsTask().WaitAsync(Pair.Patience));
    }

    /// <summary>Changes after the start have no effect: the listener goes by what it was given.</summary>
    [Fact]
    public async Task TheLargestValuesAreTaken()
    {
        const long largest = (1L << 62) - 1;
        static void Change(QuicConnectionOptions options)
        {
            options.MaxInboundBidirectionalStreams = 65535;
            options.MaxInboundUnidirectionalStreams = 65535;
            options.DefaultStreamErrorCode = largest;
            options.DefaultCloseErrorCode = largest;
        }

        await using Pair pair = await Pair.ConnectAsync(server: Change, client: Change);
        Task<QuicStream> accept = pair.Server.AcceptInboundStreamAsync().AsTask();
        await pair.Client.DisposeAsync();
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => accept.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.ConnectionAborted, largest), (exception.QuicError, exception.ApplicationErrorCode));
    }

    private static void AssertNames(Exception exception, Type expected, string named)
    {
        Assert.IsType(expected, exception);
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        if (exception is ArgumentException argument)
        {
            Assert.Equal("options", argument.ParamName);
        }
    }

    private static async Task<Exception> ConnectFailureAsync(QuicClientConnectionOptions options) =>
        (await Record.ExceptionAsync(async () => await QuicConnection.ConnectAsync(options).AsTask().WaitAsync(Pair.Patience)))!;

    private static Task<Exception> AcceptFailureAsync(Action<QuicServerConnectionOptions> change) => AcceptFailureAsync(Pair.ListenerOptions(change: change));

    private static async Task<Exception> AcceptFailureAsync(QuicListenerOptions options)
    {
        await using QuicListener listener = await QuicListener.ListenAsync(options);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().AsTask();
        await Assert.ThrowsAsync<AuthenticationException>(async () =>
            await QuicConnection.ConnectAsync(Pair.ClientOptions(listener.LocalEndPoint)).AsTask().WaitAsync(Pair.Patience));
        return (await Record.ExceptionAsync(() => accept.WaitAsync(Pair.Patience)))!;
    }
}
