using System.Collections.Immutable;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Connections;
using HotQuic.Core.Datagrams;
using HotQuic.Core.Recovery;
using HotQuic.Core.Streams;
using HotQuic.Core.Tls;
using HotQuic.Diagnostics;

namespace HotQuic.Options;

/// <summary>Checked options as the settings that Core takes.</summary>
internal static class ConnectionSettingsMapping
{
    private static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromSeconds(30);

    public static ConnectionSettings ToSettings(QuicConnectionOptions options)
    {
        QuicTransportOptions transport = options.Transport;
        QuicReceiveWindowSizes windows = options.InitialReceiveWindowSizes;
        ConnectionSettings settings = new()
        {
            IdleTimeout = options.IdleTimeout == TimeSpan.Zero ? DefaultIdleTimeout : Duration(options.IdleTimeout),
            KeepAliveInterval = Duration(options.KeepAliveInterval),
            HandshakeTimeout = options.HandshakeTimeout == TimeSpan.Zero ? TimeSpan.MaxValue : Limit(options.HandshakeTimeout),
            MtuUpperBound = transport.MaxUdpPayloadSize,
            MtuLowerBound = transport.MinUdpPayloadSize,
            MaxAckDelay = transport.MaxAckDelay,
            CongestionControl = transport.CongestionControl == QuicCongestionControl.NewReno
                ? CongestionControlAlgorithm.NewReno
                : CongestionControlAlgorithm.Cubic,
            Recovery = ToRecovery(transport),
            IsPacingEnabled = transport.IsPacingEnabled,
            IsSpinBitEnabled = transport.IsSpinBitEnabled,
            Datagrams = new DatagramLimits
            {
                MaxFrameSize = transport.MaxDatagramFrameSize,
                MaxCount = transport.DatagramQueueLength,
                MaxBytes = transport.DatagramBufferSize,
            },
            SinkFactory = string.IsNullOrEmpty(transport.QlogDirectory) ? null : QlogDirectory.Open(transport.QlogDirectory).CreateSink,
            Streams = new StreamLimits
            {
                ConnectionWindow = (ulong)windows.Connection,
                MaximumConnectionWindow = (ulong)Math.Max(windows.Connection, transport.MaxConnectionReceiveWindow),
                StreamWindowBidirectionalLocal = (ulong)windows.LocallyInitiatedBidirectionalStream,
                StreamWindowBidirectionalRemote = (ulong)windows.RemotelyInitiatedBidirectionalStream,
                StreamWindowUnidirectional = (ulong)windows.UnidirectionalStream,
                MaximumStreamWindow = Math.Max(LargestStreamWindow(windows), (ulong)transport.MaxStreamReceiveWindow),
                BidirectionalStreams = (ulong)options.MaxInboundBidirectionalStreams,
                UnidirectionalStreams = (ulong)options.MaxInboundUnidirectionalStreams,
                SendBufferLimit = (ulong)transport.SendBufferSize,
            },
        };
        return transport.PacketsPerKey is { } packets ? settings with { PacketsPerKey = packets } : settings;
    }

    private static RecoveryOptions ToRecovery(QuicTransportOptions transport) => new()
    {
        InitialRtt = transport.InitialRtt,
        UseEcn = transport.IsEcnEnabled,
        Congestion = CongestionOptions.Default with { InitialWindowPackets = transport.InitialWindowPackets },
    };

    public static ImmutableArray<NamedGroup> ToGroups(IReadOnlyList<QuicKeyExchangeGroup> groups) =>
        [.. groups.Select(group => (NamedGroup)(ushort)group)];

    private static ulong LargestStreamWindow(QuicReceiveWindowSizes windows) => (ulong)Math.Max(
        windows.UnidirectionalStream, Math.Max(windows.LocallyInitiatedBidirectionalStream, windows.RemotelyInitiatedBidirectionalStream));

    /// <summary>Core turns a timer off by zero.</summary>
    private static TimeSpan Duration(TimeSpan value) => value == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : value;

    private static TimeSpan Limit(TimeSpan value) => value == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : value;
}
