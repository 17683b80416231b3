using System.Buffers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace HotQuic.Kestrel.Connections;

/// <summary>What the connection offers as features.</summary>
internal sealed partial class QuicConnectionContext :
    IProtocolErrorCodeFeature,
    ITlsConnectionFeature,
    ITlsHandshakeFeature,
    ITlsApplicationProtocolFeature,
    IConnectionIdFeature,
    IConnectionItemsFeature,
    IConnectionLifetimeFeature,
    IConnectionEndPointFeature,
    IMemoryPoolFeature,
    IQuicConnectionStatisticsFeature
{
    /// <summary>Those that Kestrel or an application asks for, by name.</summary>
    private static readonly HashSet<Type> OfferedFeatures =
    [
        typeof(IProtocolErrorCodeFeature), typeof(ITlsConnectionFeature), typeof(ITlsHandshakeFeature), typeof(ITlsApplicationProtocolFeature), typeof(IConnectionIdFeature),
        typeof(IConnectionItemsFeature), typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IMemoryPoolFeature),
        typeof(IQuicConnectionStatisticsFeature),
    ];

    private X509Certificate2? _clientCertificate;

    /// <summary>The code that an abort sends, or that the client closed with; -1 where there is none.</summary>
    public long Error
    {
        get => Volatile.Read(ref _error);
        set => Volatile.Write(ref _error, value);
    }

    MemoryPool<byte> IMemoryPoolFeature.MemoryPool => Services.MemoryPool;

    X509Certificate2? ITlsConnectionFeature.ClientCertificate
    {
        get => _clientCertificate ??= _connection.RemoteCertificate switch
        {
            null => null,
            X509Certificate2 certificate => certificate,
            X509Certificate other => new X509Certificate2(other),
        };
        set => _clientCertificate = value;
    }

    ReadOnlyMemory<byte> ITlsApplicationProtocolFeature.ApplicationProtocol => _connection.NegotiatedApplicationProtocol.Protocol;

    SslProtocols ITlsHandshakeFeature.Protocol => _connection.SslProtocol;

    TlsCipherSuite? ITlsHandshakeFeature.NegotiatedCipherSuite => _connection.NegotiatedCipherSuite;

    string ITlsHandshakeFeature.HostName => _connection.TargetHostName;

    // The interface has them still; they cannot say what TLS 1.3 agrees on, and NegotiatedCipherSuite does.
#pragma warning disable SYSLIB0058
    CipherAlgorithmType ITlsHandshakeFeature.CipherAlgorithm => CipherAlgorithmType.None;

    int ITlsHandshakeFeature.CipherStrength => 0;

    HashAlgorithmType ITlsHandshakeFeature.HashAlgorithm => HashAlgorithmType.None;

    int ITlsHandshakeFeature.HashStrength => 0;

    ExchangeAlgorithmType ITlsHandshakeFeature.KeyExchangeAlgorithm => ExchangeAlgorithmType.None;

    int ITlsHandshakeFeature.KeyExchangeStrength => 0;
#pragma warning restore SYSLIB0058

    /// <summary>HTTP/3 forbids to ask for a certificate after the handshake (RFC 9001 §4.4): it is there, or never comes.</summary>
    Task<X509Certificate2?> ITlsConnectionFeature.GetClientCertificateAsync(CancellationToken cancellationToken) =>
        Task.FromResult(((ITlsConnectionFeature)this).ClientCertificate);

    public QuicConnectionStatistics GetStatistics()
    {
        try
        {
            return _connection.GetStatistics();
        }
        catch (ObjectDisposedException)
        {
            return _lastStatistics;
        }
    }
}
