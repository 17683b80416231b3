using System.Collections;
using System.Net;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Handshakes;
using HotQuic.Options;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Options;

/// <summary>What was prepared from options serves again while they are the same, and never once any of their values has changed.</summary>
public class OptionsSnapshotTests
{
    private static readonly X509Certificate2 Certificate = DevelopmentCertificate.Create();
    private static readonly List<SslApplicationProtocol> Protocols = [new(Pair.Protocol)];

    /// <summary>Not part of what is prepared: they are read of the options themselves, for each connection.</summary>
    private static readonly string[] ReadEachTime =
        [nameof(QuicConnectionOptions.StreamCapacityCallback), nameof(QuicConnectionOptions.RemoteEndPointChangedCallback)];

    public static TheoryData<string> ConnectionProperties => Names(typeof(QuicConnectionOptions));

    public static TheoryData<string> TransportProperties => Names(typeof(QuicTransportOptions));

    public static TheoryData<string> WindowProperties => Names(typeof(QuicReceiveWindowSizes));

    [Theory]
    [MemberData(nameof(ConnectionProperties))]
    public void AChangedConnectionOptionIsSeen(string name) => AssertSeen(options => options, name);

    [Theory]
    [MemberData(nameof(TransportProperties))]
    public void AChangedTransportOptionIsSeen(string name) => AssertSeen(options => options.Transport, name);

    [Theory]
    [MemberData(nameof(WindowProperties))]
    public void AChangedWindowIsSeen(string name) => AssertSeen(options => options.InitialReceiveWindowSizes, name);

    [Fact]
    public void AServersConfigurationFollowsItsTlsOptions()
    {
        AssertServer(tls => tls.ServerCertificate = DevelopmentCertificate.Create());
        AssertServer(tls => tls.ServerCertificateContext = SslStreamCertificateContext.Create(Certificate, null, offline: true));
        AssertServer(tls => tls.ApplicationProtocols!.Insert(0, new SslApplicationProtocol("another")));
        AssertServer(tls => tls.ClientCertificateRequired = true);
        if (OperatingSystem.IsLinux())
        {
            AssertServer(tls => tls.CipherSuitesPolicy = new CipherSuitesPolicy([TlsCipherSuite.TLS_AES_256_GCM_SHA384]));
        }

        var configurations = new ServerConfigurations(Protocols);
        Assert.Same(configurations.Get(ServerOptions(), ""), configurations.Get(ServerOptions(), "other"));

        void AssertServer(Action<SslServerAuthenticationOptions> change)
        {
            var remembering = new ServerConfigurations(Protocols);
            QuicServerConnectionOptions options = ServerOptions();
            QuicServerConfiguration before = remembering.Get(options, "");
            change(options.ServerAuthenticationOptions);
            Assert.NotSame(before, remembering.Get(options, ""));
        }
    }

    [Fact]
    public void ASelectedCertificateIsAskedForEachTime()
    {
        X509Certificate2[] certificates = [Certificate, DevelopmentCertificate.Create()];
        int asked = 0;
        QuicServerConnectionOptions options = ServerOptions();
        options.ServerAuthenticationOptions.ServerCertificate = null;
        options.ServerAuthenticationOptions.ServerCertificateSelectionCallback = (_, _) => certificates[asked++ % 2];
        var configurations = new ServerConfigurations(Protocols);
        QuicServerConfiguration first = configurations.Get(options, "one");
        QuicServerConfiguration second = configurations.Get(options, "two");
        Assert.NotSame(first, second);
        Assert.Same(first, configurations.Get(options, "three"));
        Assert.Equal(3, asked);
    }

    [Fact]
    public void AClientsAttemptFollowsItsOptions()
    {
        AssertClient(options => options.ClientAuthenticationOptions.TargetHost = "other.example");
        AssertClient(options => options.ClientAuthenticationOptions.ApplicationProtocols!.Add(new SslApplicationProtocol("another")));
        AssertClient(options => options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null);
        AssertClient(options => options.ClientAuthenticationOptions.CertificateRevocationCheckMode = X509RevocationMode.Offline);
        AssertClient(options => options.ClientAuthenticationOptions.CertificateChainPolicy!.CustomTrustStore.Add(DevelopmentCertificate.Create()));
        AssertClient(options => options.ClientAuthenticationOptions.CertificateChainPolicy!.TrustMode = X509ChainTrustMode.System);
        AssertClient(options => options.ClientAuthenticationOptions.CertificateChainPolicy!.VerificationTime = DateTime.UnixEpoch);
        AssertClient(options => options.ClientAuthenticationOptions.CertificateChainPolicy!.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1")));
        AssertClient(options => options.ClientAuthenticationOptions.CertificateChainPolicy = null);
        AssertClient(options => options.ClientAuthenticationOptions.ClientCertificates = [Certificate]);
        AssertClient(options => options.ClientAuthenticationOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => null!);
        AssertClient(options => options.LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 1));
        AssertClient(options => options.ClientAuthenticationOptions.TargetHost = null);
        AssertClient(options => options.FirstVersion = 0x0a0a0a0a);

        static void AssertClient(Action<QuicClientConnectionOptions> change)
        {
            QuicClientConnectionOptions options = ClientOptions();
            var before = ClientAttempt.For(options);
            Assert.Same(before, ClientAttempt.For(options));
            change(options);
            Assert.NotSame(before, ClientAttempt.For(options));
        }
    }

    private static TheoryData<string> Names(Type type) =>
        [.. type.GetProperties().Where(property => property.CanWrite && !ReadEachTime.Contains(property.Name)).Select(property => property.Name)];

    private static void AssertSeen(Func<QuicServerConnectionOptions, object> part, string name)
    {
        QuicServerConnectionOptions options = ServerOptions();
        Assert.True(OptionsSnapshot.TryTake(options, out OptionsSnapshot before));
        Assert.True(OptionsSnapshot.TryTake(ServerOptions(), out OptionsSnapshot same));
        Assert.Equal(before, same);
        object changed = part(options);
        PropertyInfo property = changed.GetType().GetProperty(name)!;
        property.SetValue(changed, Another(property.GetValue(changed), property.PropertyType));
        Assert.True(OptionsSnapshot.TryTake(options, out OptionsSnapshot after));
        Assert.NotEqual(before, after);
    }

    /// <summary>Another value of the same type.</summary>
    private static object Another(object? value, Type type) => value switch
    {
        int number => number + 1,
        long number => number + 1,
        bool choice => !choice,
        TimeSpan time => time + TimeSpan.FromSeconds(1),
        Enum choice => Enum.ToObject(type, Convert.ToInt32(choice, System.Globalization.CultureInfo.InvariantCulture) + 1),
        QuicReceiveWindowSizes => new QuicReceiveWindowSizes { Connection = 99 },
        QuicTransportOptions => new QuicTransportOptions { SendBufferSize = 99 },
        IList groups => ((IEnumerable<QuicKeyExchangeGroup>)groups).Reverse().ToArray(),
        null when type == typeof(string) => "/tmp/another",
        _ => throw new ArgumentException($"No other value is known of {type}.", nameof(value)),
    };

    private static QuicServerConnectionOptions ServerOptions() => new()
    {
        DefaultStreamErrorCode = 1,
        DefaultCloseErrorCode = 2,
        ServerAuthenticationOptions = new() { ApplicationProtocols = [.. Protocols], ServerCertificate = Certificate },
    };

    private static QuicClientConnectionOptions ClientOptions()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(Certificate);
        return new QuicClientConnectionOptions
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
            DefaultStreamErrorCode = 1,
            DefaultCloseErrorCode = 2,
            ClientAuthenticationOptions = new() { ApplicationProtocols = [.. Protocols], TargetHost = "localhost", CertificateChainPolicy = policy },
        };
    }
}
