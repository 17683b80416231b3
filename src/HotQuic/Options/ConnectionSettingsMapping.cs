using System.Collections.Immutable;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Connections;
using HotQuic.Core.Streams;
using HotQuic.Core.Tls;
using HotQuic.Udp;

namespace HotQuic.Options;

/// <summary>Checked options as the settings that Core takes.</summary>
internal static class ConnectionSettingsMapping
{
    private static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromSeconds(30);

    public static ConnectionSettings ToSettings(QuicConnectionOptions options)
    {
        QuicTransportOptions transport = options.Transport;
        QuicReceiveWindowSizes windows = options.InitialReceiveWindowSizes;
        var defaults = new StreamLimits();
        ConnectionSettings settings = new()
        {
            IdleTimeout = options.IdleTimeout == TimeSpan.Zero ? DefaultIdleTimeout : Duration(options.IdleTimeout),
            KeepAliveInterval = Duration(options.KeepAliveInterval),
            HandshakeTimeout = options.HandshakeTimeout == TimeSpan.Zero ? TimeSpan.MaxValue : Limit(options.HandshakeTimeout),
            MtuUpperBound = transport.MaxUdpPayloadSize,
            CongestionControl = transport.CongestionControl == QuicCongestionControl.NewReno
                ? CongestionControlAlgorithm.NewReno
                : CongestionControlAlgorithm.Cubic,
            IsPacingEnabled = transport.IsPacingEnabled,
            Streams = new StreamLimits
            {
                ConnectionWindow = (ulong)windows.Connection,
                MaximumConnectionWindow = Math.Max((ulong)windows.Connection, defaults.MaximumConnectionWindow),
                StreamWindowBidirectionalLocal = (ulong)windows.LocallyInitiatedBidirectionalStream,
                StreamWindowBidirectionalRemote = (ulong)windows.RemotelyInitiatedBidirectionalStream,
                StreamWindowUnidirectional = (ulong)windows.UnidirectionalStream,
                MaximumStreamWindow = Math.Max(LargestStreamWindow(windows), defaults.MaximumStreamWindow),
                BidirectionalStreams = (ulong)options.MaxInboundBidirectionalStreams,
                UnidirectionalStreams = (ulong)options.MaxInboundUnidirectionalStreams,
                SendBufferLimit = (ulong)transport.SendBufferSize,
            },
        };
        return transport.PacketsPerKey is { } packets ? settings with { PacketsPerKey = packets } : settings;
    }

    public static ImmutableArray<NamedGroup> ToGroups(IReadOnlyList<QuicKeyExchangeGroup> groups) =>
        [.. groups.Select(group => (NamedGroup)(ushort)group)];

    public static UdpIo ToUdp(QuicIoMode mode) => mode switch
    {
        QuicIoMode.Auto => UdpIo.Auto,
        QuicIoMode.Offload => UdpIo.Offload,
        QuicIoMode.Sockets => UdpIo.Sockets,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Expected Auto, Offload or Sockets."),
    };

    private static ulong LargestStreamWindow(QuicReceiveWindowSizes windows) => (ulong)Math.Max(
        windows.UnidirectionalStream, Math.Max(windows.LocallyInitiatedBidirectionalStream, windows.RemotelyInitiatedBidirectionalStream));

    /// <summary>Core turns a timer off by zero.</summary>
    private static TimeSpan Duration(TimeSpan value) => value == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : value;

    private static TimeSpan Limit(TimeSpan value) => value == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : value;
}
