using System.Net;
using System.Net.Security;
using HotQuic.Load.Protocol;
using HotQuic.Load.Transport;

namespace HotQuic.Load.Harness.Model;

/// <summary>What is spoken with a target.</summary>
public enum LoadProtocol
{
    /// <summary>The protocol of <c>hotquic perf-server</c>: the connection's first stream says how long answers are.</summary>
    Perf,

    /// <summary>Nothing but streams and datagrams, with any server.</summary>
    Quic,

    /// <summary>HTTP/3 (RFC 9114).</summary>
    Http3,
}

/// <summary>Several of <see cref="LoadProtocol"/>.</summary>
[Flags]
internal enum LoadProtocols
{
    None = 0,
    Perf = 1 << LoadProtocol.Perf,
    Quic = 1 << LoadProtocol.Quic,
    Http3 = 1 << LoadProtocol.Http3,
}

/// <summary>The server that a load goes to: <c>perf://host:port</c>, <c>quic://host:port</c> or <c>https://host:port</c>.</summary>
public sealed record LoadTarget
{
    private const int DefaultHttpsPort = 443;
    private const string HttpsScheme = "https";
    private const string Http3ProtocolName = "h3";
    private const string DefaultRawProtocolName = "echo";
    private const int LongestProtocolName = 255;

    /// <summary>The schemes of the three protocols.</summary>
    private static readonly (string Scheme, LoadProtocol Protocol)[] Schemes =
        [("perf", LoadProtocol.Perf), ("quic", LoadProtocol.Quic), (HttpsScheme, LoadProtocol.Http3)];

    private LoadTarget(LoadProtocol protocol, string host, int port)
    {
        Protocol = protocol;
        Host = host;
        Port = port;
        ServerName = host;
        ApplicationProtocol = protocol switch
        {
            LoadProtocol.Perf => PerfProtocol.ApplicationProtocol,
            LoadProtocol.Http3 => Http3ProtocolName,
            _ => DefaultRawProtocolName,
        };
    }

    /// <summary>What is spoken.</summary>
    public LoadProtocol Protocol { get; }

    /// <summary>Name or address.</summary>
    public string Host { get; }

    /// <summary>The UDP port.</summary>
    public int Port { get; }

    /// <summary>The protocol's name in ALPN. Default: the protocol's own; <c>echo</c> for raw QUIC.</summary>
    public string ApplicationProtocol { get; private init; }

    /// <summary>The name that the certificate must prove. Default: the host.</summary>
    public string ServerName { get; private init; }

    /// <summary>Which certificates are taken. Default: what the system trusts.</summary>
    public ServerTrust Trust { get; private init; } = ServerTrust.System;

    /// <summary>What was chosen about the transport.</summary>
    public TransportChoices Transport { get; private init; } = new();

    /// <summary>The same in the form that <see cref="Parse"/> takes.</summary>
    public string Address
    {
        get
        {
            string scheme = Array.Find(Schemes, entry => entry.Protocol == Protocol).Scheme;
            return Host.Contains(':', StringComparison.Ordinal) ? $"{scheme}://[{Host}]:{Port}" : $"{scheme}://{Host}:{Port}";
        }
    }

    /// <summary>Reads an address; a path is not taken here.</summary>
    /// <exception cref="FormatException">It is no such address.</exception>
    public static LoadTarget Parse(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            || Array.Find(Schemes, entry => entry.Scheme == uri.Scheme) is not { Scheme: not null } known
            || uri.Host.Length == 0
            || uri.UserInfo.Length > 0)
        {
            throw new FormatException($"Expected perf://host:port, quic://host:port or https://host:port, not '{address}'.");
        }

        int port = uri.Port > 0 ? uri.Port : known.Protocol == LoadProtocol.Http3 ? DefaultHttpsPort : 0;
        if (port == 0)
        {
            throw new FormatException($"Expected a port, as in '{address.TrimEnd('/')}:4433'.");
        }

        return new(known.Protocol, uri.DnsSafeHost, port);
    }

    /// <summary>The same with another name in ALPN.</summary>
    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    public LoadTarget WithApplicationProtocol(string name) => string.IsNullOrEmpty(name) || name.Length > LongestProtocolName
        ? throw new ArgumentException($"Expected a name of 1 to {LongestProtocolName} bytes.", nameof(name))
        : this with { ApplicationProtocol = name };

    /// <summary>The same with another name that the certificate must prove.</summary>
    /// <exception cref="ArgumentException">It is no name or address of a host.</exception>
    public LoadTarget WithServerName(string name) => Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
        ? this with { ServerName = name }
        : throw new ArgumentException($"Expected a host name, not '{name}'.", nameof(name));

    /// <summary>The same with other certificates that are taken.</summary>
    public LoadTarget WithTrust(ServerTrust trust)
    {
        ArgumentNullException.ThrowIfNull(trust);
        return this with { Trust = trust };
    }

    /// <summary>The same with choices about the transport.</summary>
    public LoadTarget WithTransport(TransportChoices transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        return this with { Transport = transport };
    }

    /// <inheritdoc/>
    public override string ToString() => Address;

    /// <summary>Finds the server's address.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The name has none.</exception>
    internal async Task<IPEndPoint> ResolveAsync(CancellationToken cancellation) => IPAddress.TryParse(Host, out IPAddress? address)
        ? new(address, Port)
        : new((await Dns.GetHostAddressesAsync(Host, cancellation))[0], Port);

    /// <summary>TLS options that say the same.</summary>
    internal SslClientAuthenticationOptions TlsOptions()
    {
        SslClientAuthenticationOptions tls = new()
        {
            ApplicationProtocols = [new SslApplicationProtocol(ApplicationProtocol)],
            TargetHost = ServerName,
            CipherSuitesPolicy = CipherChoice.Policy(Transport.Cipher),
        };
        Trust.Apply(tls);
        return tls;
    }
}
