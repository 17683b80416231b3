using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace HotQuic.Kestrel.Tests.Transport;

/// <summary>The options: defaults, where they come from, what is refused (K5).</summary>
public sealed class OptionsTests
{
    /// <summary>K5, with a deviation: what the client has not acknowledged counts as written, so 64 KB would be too little for a distant one.</summary>
    [Fact]
    public void K5_TheDefaultsAreKestrels()
    {
        var options = new HotQuicTransportOptions();
        Assert.Equal((100, 10, 512), (options.MaxBidirectionalStreamCount, options.MaxUnidirectionalStreamCount, options.Backlog));
        Assert.Equal((1 << 20, 16 << 20), (options.MaxReadBufferSize, options.MaxWriteBufferSize));
        Assert.Equal((0x10cL, 0x100L), (options.DefaultStreamErrorCode, options.DefaultCloseErrorCode));
        Assert.Equal(Timeout.InfiniteTimeSpan, options.IdleTimeout);
        Assert.False(options.UnsafePreferInlineScheduling);
    }

    [Fact]
    public async Task K5_TheClientLearnsOfTheLimits()
    {
        await using TransportPair pair = await TransportPair.StartAsync(options =>
        {
            options.MaxBidirectionalStreamCount = 7;
            options.MaxUnidirectionalStreamCount = 5;
            options.MaxReadBufferSize = 10_000;
        });
        QuicTransportParameters parameters = pair.Client.PeerTransportParameters!;
        Assert.Equal((7, 5, 10_000), (parameters.InitialMaxBidirectionalStreams, parameters.InitialMaxUnidirectionalStreams, parameters.InitialMaxStreamDataBidirectionalRemote));
        Assert.True(parameters.MaxIdleTimeout == TimeSpan.Zero || parameters.MaxIdleTimeout == Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public void K5_OptionsComeFromTheConfigurationThenTheCallback()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["HotQuic:MaxBidirectionalStreamCount"] = "200",
            ["HotQuic:Backlog"] = "9",
            ["HotQuic:IdleTimeout"] = "00:01:00",
            ["HotQuic:RetryMode"] = "Always",
            ["HotQuic:Transport:CongestionControl"] = "NewReno",
            ["HotQuic:Transport:KeyExchangeGroups:0"] = "Secp256r1",
            ["HotQuic:Transport:KeyExchangeGroups:1"] = "X25519",
            ["HotQuic:StatelessResetKey"] = Convert.ToBase64String(new byte[33]),
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton(configuration).AddHotQuic(options => options.Backlog = 10);
        using ServiceProvider provider = services.BuildServiceProvider();
        HotQuicTransportOptions options = provider.GetRequiredService<IOptions<HotQuicTransportOptions>>().Value;
        Assert.Equal((200, 10, TimeSpan.FromMinutes(1)), (options.MaxBidirectionalStreamCount, options.Backlog, options.IdleTimeout));
        Assert.Equal((QuicRetryMode.Always, QuicCongestionControl.NewReno), (options.RetryMode, options.Transport.CongestionControl));
        Assert.Equal([QuicKeyExchangeGroup.Secp256r1, QuicKeyExchangeGroup.X25519], options.Transport.KeyExchangeGroups);
        Assert.Equal(new byte[33], options.StatelessResetKey);
    }

    [Theory]
    [InlineData("DefaultStreamErrorCode", "-1")]
    [InlineData("DefaultCloseErrorCode", "4611686018427387904")]
    [InlineData("MaxBidirectionalStreamCount", "0")]
    [InlineData("MaxUnidirectionalStreamCount", "2")]
    [InlineData("MaxReadBufferSize", "0")]
    [InlineData("MaxWriteBufferSize", "0")]
    [InlineData("Backlog", "0")]
    [InlineData("IdleTimeout", "00:00:00")]
    [InlineData("HandshakeTimeout", "-00:00:05")]
    [InlineData("StatelessResetKey", "AAAA")]
    [InlineData("Transport:InitialWindowPackets", "11")]
    [InlineData("Transport:MaxAckDelay", "00:00:20")]
    [InlineData("Transport:MinUdpPayloadSize", "1500")]
    [InlineData("Transport:CongestionControl", "7")]
    public void K5_AValueOutOfItsRangeKeepsTheServerFromStarting(string option, string value)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [$"HotQuic:{option}"] = value }).Build();
        var services = new ServiceCollection();
        services.AddLogging().AddSingleton(configuration).AddHotQuic();
        using ServiceProvider provider = services.BuildServiceProvider();
        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => provider.GetServices<IMultiplexedConnectionListenerFactory>().ToArray());
        Assert.All(option.Split(':'), name => Assert.Contains(name, exception.Message, StringComparison.Ordinal));
    }
}
