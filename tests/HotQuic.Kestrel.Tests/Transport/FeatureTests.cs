using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace HotQuic.Kestrel.Tests.Transport;

/// <summary>What connections and streams offer as features (K11).</summary>
public sealed class FeatureTests
{
    [Fact]
    public async Task K11_AConnectionOffersItsFeatures()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        IFeatureCollection features = pair.Server.Features;
        Assert.Equal(-1, features.Get<IProtocolErrorCodeFeature>()!.Error);
        Assert.Null(features.Get<ITlsConnectionFeature>()!.ClientCertificate);
        Assert.Null(await features.Get<ITlsConnectionFeature>()!.GetClientCertificateAsync(default).OrFail());
        ITlsHandshakeFeature handshake = features.Get<ITlsHandshakeFeature>()!;
        Assert.Equal((SslProtocols.Tls13, TlsCipherSuite.TLS_AES_128_GCM_SHA256, "localhost"), (handshake.Protocol, handshake.NegotiatedCipherSuite, handshake.HostName));
        Assert.Equal(TransportPair.Protocol.Protocol, features.Get<ITlsApplicationProtocolFeature>()!.ApplicationProtocol);
        IConnectionEndPointFeature endPoints = features.Get<IConnectionEndPointFeature>()!;
        Assert.Equal(pair.EndPoint, endPoints.LocalEndPoint);
        Assert.Equal(pair.Client.LocalEndPoint, endPoints.RemoteEndPoint);
        Assert.Equal(pair.Server.ConnectionId, features.Get<IConnectionIdFeature>()!.ConnectionId);
        Assert.Same(pair.Server.Items, features.Get<IConnectionItemsFeature>()!.Items);
        Assert.NotNull(features.Get<IMemoryPoolFeature>()!.MemoryPool);
        Assert.True(features.Get<IQuicConnectionStatisticsFeature>()!.GetStatistics().SmoothedRtt > TimeSpan.Zero);
    }

    [Fact]
    public async Task K11_AStreamOffersItsFeaturesAndItsConnections()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync();
        IFeatureCollection features = server.Features;
        Assert.Empty(features.Get<IPersistentStateFeature>()!.State);
        IStreamDirectionFeature direction = features.Get<IStreamDirectionFeature>()!;
        Assert.Equal((true, true), (direction.CanRead, direction.CanWrite));
        Assert.Equal(-1, features.Get<IProtocolErrorCodeFeature>()!.Error);
        Assert.Equal(client.Id, features.Get<IStreamIdFeature>()!.StreamId);
        Assert.NotNull(features.Get<IStreamAbortFeature>());
        Assert.NotNull(features.Get<IStreamClosedFeature>());
        Assert.Equal(pair.Client.LocalEndPoint, features.Get<IConnectionEndPointFeature>()!.RemoteEndPoint);
        Assert.StartsWith(pair.Server.ConnectionId, features.Get<IConnectionIdFeature>()!.ConnectionId, StringComparison.Ordinal);
        Assert.Same(pair.Server.Features.Get<ITlsHandshakeFeature>(), features.Get<ITlsHandshakeFeature>());
        Assert.Same(pair.Server.Features.Get<ITlsConnectionFeature>(), features.Get<ITlsConnectionFeature>());
        Assert.Same(pair.Server.Features.Get<IQuicConnectionStatisticsFeature>(), features.Get<IQuicConnectionStatisticsFeature>());

        // What the connection has and a stream has not is not the stream's.
        pair.Server.Features.Set<IConnectionHeartbeatFeature>(new NoHeartbeat());
        Assert.Null(features.Get<IConnectionHeartbeatFeature>());
    }

    [Fact]
    public async Task K11_FeaturesAreSetTakenAwayAndListed()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        IFeatureCollection features = pair.Server.Features;
        int revision = features.Revision;
        int count = features.Count();
        features.Set<IConnectionHeartbeatFeature>(new NoHeartbeat());
        features[typeof(IMemoryPoolFeature)] = null;
        Assert.NotEqual(revision, features.Revision);
        Assert.Null(features.Get<IMemoryPoolFeature>());
        Assert.IsType<NoHeartbeat>(features[typeof(IConnectionHeartbeatFeature)]);
        Assert.Equal(count, features.Count());
        Assert.Null(features[typeof(IPAddress)]);
    }

    private sealed class NoHeartbeat : IConnectionHeartbeatFeature
    {
        public void OnHeartbeat(Action<object> action, object state)
        {
        }
    }
}
