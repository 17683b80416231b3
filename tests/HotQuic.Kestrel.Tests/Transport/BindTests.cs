using System.Net;
using System.Net.Sockets;
using HotQuic.Kestrel.Listening;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace HotQuic.Kestrel.Tests.Transport;

/// <summary>How endpoints are bound, or are not (K1, K2).</summary>
public sealed class BindTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task K1_WithoutTlsOptionsNothingIsBound()
    {
        HotQuicTransportFactory factory = TransportPair.CreateFactory();
        await Assert.ThrowsAsync<InvalidOperationException>(() => factory.BindAsync(AnyPort, new FeatureCollection()).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => factory.BindAsync(AnyPort).AsTask());
    }

    [Fact]
    public async Task K1_WithoutAnApplicationProtocolNothingIsBound()
    {
        FeatureCollection features = TransportPair.FeaturesFor();
        features.Get<TlsConnectionCallbackOptions>()!.ApplicationProtocols = [];
        await Assert.ThrowsAsync<InvalidOperationException>(() => TransportPair.CreateFactory().BindAsync(AnyPort, features).AsTask());
    }

    [Fact]
    public async Task K1_OnlyIPEndPointsAreBound()
    {
        HotQuicTransportFactory factory = TransportPair.CreateFactory();
        Assert.True(factory.CanBind(AnyPort));
        Assert.False(factory.CanBind(new UnixDomainSocketEndPoint("/tmp/none")));
        await Assert.ThrowsAsync<NotSupportedException>(() => factory.BindAsync(new DnsEndPoint("localhost", 443), TransportPair.FeaturesFor()).AsTask());
    }

    /// <summary>K1: beside a transport that is there already, ours comes later, and Kestrel asks the last first.</summary>
    [Fact]
    public void K1_TheFactoryStandsBesideOthersAndOnce()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IMultiplexedConnectionListenerFactory, OtherFactory>();
        services.AddHotQuic().AddHotQuic();
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Equal(
            [typeof(OtherFactory), typeof(HotQuicTransportFactory)],
            provider.GetServices<IMultiplexedConnectionListenerFactory>().Select(factory => factory.GetType()));
    }

    [Fact]
    public async Task K2_APortOfAnotherSocketIsInUse()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(AnyPort);
        AddressInUseException exception = await Assert.ThrowsAsync<AddressInUseException>(
            () => TransportPair.CreateFactory().BindAsync(other.LocalEndPoint!, TransportPair.FeaturesFor()).AsTask());
        Assert.IsType<SocketException>(exception.InnerException);
        Assert.Contains($"UDP port of {other.LocalEndPoint}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task K2_APortOfAnotherListenerForTheSameProtocolIsInUse()
    {
        await using TransportPair pair = await TransportPair.ListenAsync();
        AddressInUseException exception = await Assert.ThrowsAsync<AddressInUseException>(
            () => TransportPair.CreateFactory().BindAsync(pair.EndPoint, TransportPair.FeaturesFor()).AsTask());
        Assert.Equal(QuicError.AlpnInUse, Assert.IsType<QuicException>(exception.InnerException).QuicError);
    }

    [Fact]
    public async Task K2_TheEndPointIsTheRealOne()
    {
        await using TransportPair pair = await TransportPair.ListenAsync();
        Assert.Equal(IPAddress.Loopback, pair.EndPoint.Address);
        Assert.NotEqual(0, pair.EndPoint.Port);
    }

    private sealed class OtherFactory : IMultiplexedConnectionListenerFactory
    {
        public ValueTask<IMultiplexedConnectionListener> BindAsync(EndPoint endpoint, IFeatureCollection? features = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }
}
