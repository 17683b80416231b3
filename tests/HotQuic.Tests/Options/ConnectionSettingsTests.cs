using System.Reflection;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Connections;
using HotQuic.Options;
using Pair = HotQuic.Tests.Engine.Pair;

namespace HotQuic.Tests.Options;

/// <summary>Each setting of the table on <see cref="QuicTransportOptions"/>: its default, its range, and that it reaches Core.</summary>
public class ConnectionSettingsTests
{
    [Fact]
    public void DefaultsAreThoseOfTheTable()
    {
        ConnectionSettings settings = ConnectionSettingsMapping.ToSettings(new QuicServerConnectionOptions());
        Assert.Equal(TimeSpan.FromSeconds(30), settings.IdleTimeout);
        Assert.Equal(TimeSpan.Zero, settings.KeepAliveInterval);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.HandshakeTimeout);
        Assert.Equal((100ul, 10ul), (settings.Streams.BidirectionalStreams, settings.Streams.UnidirectionalStreams));
        Assert.Equal((16ul << 20, 24ul << 20), (settings.Streams.ConnectionWindow, settings.Streams.MaximumConnectionWindow));
        Assert.Equal((64ul << 10, 16ul << 20), (settings.Streams.StreamWindowUnidirectional, settings.Streams.MaximumStreamWindow));
        Assert.Equal((16ul << 20, 128ul << 10), (settings.Streams.SendBufferLimit, settings.Streams.UnsentLimit));
        Assert.Equal(CongestionControlAlgorithm.Cubic, settings.CongestionControl);
        Assert.Equal(10, settings.Recovery.Congestion.InitialWindowPackets);
        Assert.Equal(TimeSpan.FromMilliseconds(333), settings.Recovery.InitialRtt);
        Assert.True(settings.IsPacingEnabled && settings.Recovery.UseEcn && settings.IsSpinBitEnabled);
        Assert.Equal((1200, 1452), (settings.MtuLowerBound, settings.MtuUpperBound));
        Assert.Equal(TimeSpan.FromMilliseconds(25), settings.MaxAckDelay);
        Assert.Equal((0, 1024, 256 << 10), (settings.Datagrams.MaxFrameSize, settings.Datagrams.MaxCount, settings.Datagrams.MaxBytes));
        Assert.Null(settings.SinkFactory);
        ConnectionSettings client = ConnectionSettingsMapping.ToSettings(new QuicClientConnectionOptions());
        Assert.Equal((0ul, 0ul), (client.Streams.BidirectionalStreams, client.Streams.UnidirectionalStreams));
    }

    [Fact]
    public void EverySettingReachesCore()
    {
        ConnectionSettings settings = ConnectionSettingsMapping.ToSettings(new QuicClientConnectionOptions
        {
            IdleTimeout = TimeSpan.FromSeconds(7),
            KeepAliveInterval = TimeSpan.FromSeconds(2),
            HandshakeTimeout = TimeSpan.FromSeconds(3),
            MaxInboundBidirectionalStreams = 11,
            MaxInboundUnidirectionalStreams = 12,
            InitialReceiveWindowSizes =
            {
                Connection = 1001, LocallyInitiatedBidirectionalStream = 1002, RemotelyInitiatedBidirectionalStream = 1003, UnidirectionalStream = 1004,
            },
            Transport =
            {
                MaxConnectionReceiveWindow = 2001,
                MaxStreamReceiveWindow = 2002,
                SendBufferSize = 2003,
                CongestionControl = QuicCongestionControl.NewReno,
                InitialWindowPackets = 4,
                InitialRtt = TimeSpan.FromMilliseconds(50),
                IsPacingEnabled = false,
                IsEcnEnabled = false,
                MinUdpPayloadSize = 1300,
                MaxUdpPayloadSize = 1400,
                MaxAckDelay = TimeSpan.FromMilliseconds(5),
                IsSpinBitEnabled = false,
                MaxDatagramFrameSize = 1000,
                DatagramQueueLength = 9,
                DatagramBufferSize = 1 << 17,
            },
        });
        Assert.Equal((7.0, 2.0, 3.0), (settings.IdleTimeout.TotalSeconds, settings.KeepAliveInterval.TotalSeconds, settings.HandshakeTimeout.TotalSeconds));
        Assert.Equal((11ul, 12ul), (settings.Streams.BidirectionalStreams, settings.Streams.UnidirectionalStreams));
        Assert.Equal((1001ul, 2001ul), (settings.Streams.ConnectionWindow, settings.Streams.MaximumConnectionWindow));
        Assert.Equal(
            (1002ul, 1003ul, 1004ul, 2002ul),
            (settings.Streams.StreamWindowBidirectionalLocal, settings.Streams.StreamWindowBidirectionalRemote, settings.Streams.StreamWindowUnidirectional, settings.Streams.MaximumStreamWindow));
        Assert.Equal(2003ul, settings.Streams.SendBufferLimit);
        Assert.Equal(CongestionControlAlgorithm.NewReno, settings.CongestionControl);
        Assert.Equal(4, settings.Recovery.Congestion.InitialWindowPackets);
        Assert.Equal(TimeSpan.FromMilliseconds(50), settings.Recovery.InitialRtt);
        Assert.False(settings.IsPacingEnabled || settings.Recovery.UseEcn || settings.IsSpinBitEnabled);
        Assert.Equal((1300, 1400), (settings.MtuLowerBound, settings.MtuUpperBound));
        Assert.Equal(TimeSpan.FromMilliseconds(5), settings.MaxAckDelay);
        Assert.Equal((1000, 9, 1 << 17), (settings.Datagrams.MaxFrameSize, settings.Datagrams.MaxCount, settings.Datagrams.MaxBytes));
    }

    /// <summary>A window that begins larger than the default maximum is no fault: it does not grow.</summary>
    [Fact]
    public void AMaximumBelowTheInitialWindowMeansThatItDoesNotGrow()
    {
        ConnectionSettings settings = ConnectionSettingsMapping.ToSettings(new QuicClientConnectionOptions
        {
            InitialReceiveWindowSizes = { Connection = 500, UnidirectionalStream = 1 << 20 },
            Transport = { MaxConnectionReceiveWindow = 1, MaxStreamReceiveWindow = 1 },
        });
        Assert.Equal((500ul, 1ul << 20), (settings.Streams.MaximumConnectionWindow, settings.Streams.MaximumStreamWindow));
    }

    [Theory]
    [InlineData(nameof(QuicTransportOptions.InitialWindowPackets), 1, 11)]
    [InlineData(nameof(QuicTransportOptions.MinUdpPayloadSize), 1199, 1453)]
    [InlineData(nameof(QuicTransportOptions.MaxUdpPayloadSize), 1199, 65508)]
    [InlineData(nameof(QuicTransportOptions.MaxConnectionReceiveWindow), 0, (1 << 30) + 1)]
    [InlineData(nameof(QuicTransportOptions.MaxStreamReceiveWindow), 0, (1 << 30) + 1)]
    [InlineData(nameof(QuicTransportOptions.SendBufferSize), 0, (1 << 30) + 1)]
    [InlineData(nameof(QuicTransportOptions.MaxDatagramFrameSize), -1, 65536)]
    [InlineData(nameof(QuicTransportOptions.DatagramQueueLength), 0, 65537)]
    [InlineData(nameof(QuicTransportOptions.DatagramBufferSize), 65535, (1 << 28) + 1)]
    public void WhatIsOutOfRangeIsNamed(string setting, int below, int above)
    {
        foreach (int wrong in new[] { below, above })
        {
            ArgumentOutOfRangeException exception = Refused(setting, wrong);
            Assert.Contains(setting, exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(nameof(QuicTransportOptions.InitialRtt), 0, 60_001)]
    [InlineData(nameof(QuicTransportOptions.MaxAckDelay), -1, 16_384)]
    public void TimesOutOfRangeAreNamed(string setting, int below, int above)
    {
        foreach (int wrong in new[] { below, above })
        {
            ArgumentOutOfRangeException exception = Refused(setting, TimeSpan.FromMilliseconds(wrong));
            Assert.Contains(setting, exception.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>What a peer is told is what it was set to, on both sides, and what it tells is what it set.</summary>
    [Fact]
    public async Task TransportParametersShowTheSettings()
    {
        await using Pair pair = await Pair.ConnectAsync(
            server: options =>
            {
                options.IdleTimeout = TimeSpan.FromSeconds(20);
                options.MaxInboundBidirectionalStreams = 7;
                options.MaxInboundUnidirectionalStreams = 8;
                options.InitialReceiveWindowSizes = new() { Connection = 100_000, LocallyInitiatedBidirectionalStream = 10_001, RemotelyInitiatedBidirectionalStream = 10_002, UnidirectionalStream = 10_003 };
                options.Transport.MaxAckDelay = TimeSpan.FromMilliseconds(7);
                options.Transport.MaxDatagramFrameSize = 1111;
            },
            client: options => options.IdleTimeout = Timeout.InfiniteTimeSpan);
        QuicTransportParameters server = pair.Client.PeerTransportParameters!;
        Assert.Equal(pair.Server.LocalTransportParameters, server);
        Assert.Equal(pair.Client.LocalTransportParameters, pair.Server.PeerTransportParameters);
        Assert.Equal(TimeSpan.FromSeconds(20), server.MaxIdleTimeout);
        Assert.Equal((7L, 8L), (server.InitialMaxBidirectionalStreams, server.InitialMaxUnidirectionalStreams));
        Assert.Equal(
            (100_000L, 10_001L, 10_002L, 10_003L),
            (server.InitialMaxData, server.InitialMaxStreamDataBidirectionalLocal, server.InitialMaxStreamDataBidirectionalRemote, server.InitialMaxStreamDataUnidirectional));
        Assert.Equal(TimeSpan.FromMilliseconds(7), server.MaxAckDelay);
        Assert.Equal(1111, server.MaxDatagramFrameSize);
        Assert.Equal(3, server.AckDelayExponent);
        Assert.Equal(TimeSpan.Zero, pair.Server.PeerTransportParameters!.MaxIdleTimeout);
        Assert.Same(server, pair.Client.PeerTransportParameters);
        await pair.Client.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => pair.Client.PeerTransportParameters);
    }

    [Fact]
    public async Task TheMtuStaysBetweenItsBounds()
    {
        await using Pair pair = await Pair.ConnectAsync(
            server: options => (options.Transport.MinUdpPayloadSize, options.Transport.MaxUdpPayloadSize) = (1350, 1350),
            client: options => (options.Transport.MinUdpPayloadSize, options.Transport.MaxUdpPayloadSize) = (1300, 1300));
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[50_000], completeWrites: true);
        await server.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
        await server.WriteAsync(new byte[50_000], completeWrites: true);
        await client.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
        Assert.Equal((1300, 1300), (pair.Client.GetStatistics().PathMtu, pair.Client.GetStatistics().LargestUdpPayloadSent));
        Assert.Equal((1350, 1350), (pair.Server.GetStatistics().PathMtu, pair.Server.GetStatistics().LargestUdpPayloadSent));
    }

    [Fact]
    public async Task AnIdleConnectionIsKeptAlive()
    {
        await using Pair pair = await Pair.ConnectAsync(client: options =>
        {
            options.IdleTimeout = TimeSpan.FromSeconds(2);
            options.KeepAliveInterval = TimeSpan.FromMilliseconds(50);
        });
        long before = pair.Server.GetStatistics().PacketsReceived;
        for (int i = 0; i < 1000 && pair.Server.GetStatistics().PacketsReceived < before + 5; i++)
        {
            await Task.Delay(10);
        }

        Assert.True(pair.Server.GetStatistics().PacketsReceived >= before + 5);
    }

    private static ArgumentOutOfRangeException Refused(string setting, object wrong)
    {
        PropertyInfo property = typeof(QuicTransportOptions).GetProperty(setting)!;
        QuicServerConnectionOptions options = Pair.ServerOptions(each => property.SetValue(each.Transport, wrong));
        return Assert.Throws<ArgumentOutOfRangeException>("options", () => OptionChecks.Check(options, nameof(options)));
    }
}
