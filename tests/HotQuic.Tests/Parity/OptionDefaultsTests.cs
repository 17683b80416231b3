namespace HotQuic.Tests.Parity;

/// <summary>The defaults of options are those of System.Net.Quic.</summary>
public class OptionDefaultsTests
{
    [Fact]
    public void S14_AServerTakesAHundredBidirectionalAndTenUnidirectionalStreams()
    {
        var options = new QuicServerConnectionOptions();
        Assert.Equal((100, 10), (options.MaxInboundBidirectionalStreams, options.MaxInboundUnidirectionalStreams));
        Assert.Null(options.ServerAuthenticationOptions);
    }

    [Fact]
    public void S14_AClientTakesNoStreams()
    {
        var options = new QuicClientConnectionOptions();
        Assert.Equal((0, 0), (options.MaxInboundBidirectionalStreams, options.MaxInboundUnidirectionalStreams));
        Assert.Null(options.ClientAuthenticationOptions);
        Assert.Null(options.RemoteEndPoint);
        Assert.Null(options.LocalEndPoint);
    }

    public static TheoryData<QuicConnectionOptions> Both => new() { new QuicServerConnectionOptions(), new QuicClientConnectionOptions() };

    [Theory]
    [MemberData(nameof(Both))]
    public void WhatBothHaveInCommon(QuicConnectionOptions options)
    {
        Assert.Equal(TimeSpan.Zero, options.IdleTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.KeepAliveInterval);
        Assert.Equal(TimeSpan.FromSeconds(10), options.HandshakeTimeout);
        Assert.Equal((-1, -1), (options.DefaultStreamErrorCode, options.DefaultCloseErrorCode));
        Assert.Null(options.StreamCapacityCallback);
        Assert.Equal(16 << 20, options.InitialReceiveWindowSizes.Connection);
        Assert.Equal(64 << 10, options.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream);
        Assert.Equal(64 << 10, options.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream);
        Assert.Equal(64 << 10, options.InitialReceiveWindowSizes.UnidirectionalStream);
    }

    [Fact]
    public void AListenersOptionsAreNotSet()
    {
        var options = new QuicListenerOptions();
        Assert.Null(options.ListenEndPoint);
        Assert.Null(options.ApplicationProtocols);
        Assert.Null(options.ConnectionOptionsCallback);
        Assert.Equal(0, options.ListenBacklog);
    }

    [Fact]
    public void QuicWorksHere()
    {
        Assert.True(QuicListener.IsSupported);
        Assert.True(QuicConnection.IsSupported);
    }

    /// <summary>Both are values, so that arguments of a callback are passed without an object.</summary>
    [Fact]
    public void S14_CapacityArgumentsAreWhatTheyWereMadeWith()
    {
        var args = new QuicStreamCapacityChangedArgs { BidirectionalIncrement = 3, UnidirectionalIncrement = 4 };
        Assert.Equal((3, 4), (args.BidirectionalIncrement, args.UnidirectionalIncrement));
        Assert.Equal((0, 0), (default(QuicStreamCapacityChangedArgs).BidirectionalIncrement, default(QuicStreamCapacityChangedArgs).UnidirectionalIncrement));
    }
}
