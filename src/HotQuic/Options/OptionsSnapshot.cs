using System.Net.Security;
using System.Runtime.InteropServices;

namespace HotQuic.Options;

/// <summary>
/// Every value of an application's options that something prepared from them depends on: options may change, and be made anew for each
/// connection, but where the values are those of before, so is what they mean. Callbacks, certificates and lists are not in it.
/// </summary>
internal readonly record struct OptionsSnapshot
{
    private const int BitsPerGroup = 16;
    private const int MostGroups = sizeof(ulong) * 8 / BitsPerGroup;

    private ulong Groups { get; init; }

    private (int Bidirectional, int Unidirectional) InboundStreams { get; init; }

    private (TimeSpan Idle, TimeSpan KeepAlive, TimeSpan Handshake) Times { get; init; }

    private (long Stream, long Close) ErrorCodes { get; init; }

    private (int Connection, int Local, int Remote, int Unidirectional) Windows { get; init; }

    private (int Connection, int Stream, int Send) Buffers { get; init; }

    private (int Min, int Max, TimeSpan MaxAckDelay) Udp { get; init; }

    private (int FrameSize, int QueueLength, int BufferSize) Datagrams { get; init; }

    private (QuicCongestionControl Algorithm, int InitialWindow, TimeSpan InitialRtt) Congestion { get; init; }

    private (bool Pacing, bool Ecn, bool SpinBit, bool Inline, bool HoldsBack, QuicIoMode Io) Choices { get; init; }

    private (string? KeyLog, string? Qlog, long? PacketsPerKey) Diagnosis { get; init; }

    /// <summary>Takes it of options that were checked; false where they have more groups than it has room for.</summary>
    public static bool TryTake(QuicConnectionOptions options, out OptionsSnapshot snapshot)
    {
        QuicTransportOptions transport = options.Transport;
        QuicReceiveWindowSizes windows = options.InitialReceiveWindowSizes;
        bool fits = TryPack(transport.KeyExchangeGroups, out ulong groups);
        snapshot = new OptionsSnapshot
        {
            Groups = groups,
            InboundStreams = (options.MaxInboundBidirectionalStreams, options.MaxInboundUnidirectionalStreams),
            Times = (options.IdleTimeout, options.KeepAliveInterval, options.HandshakeTimeout),
            ErrorCodes = (options.DefaultStreamErrorCode, options.DefaultCloseErrorCode),
            Windows = (windows.Connection, windows.LocallyInitiatedBidirectionalStream, windows.RemotelyInitiatedBidirectionalStream, windows.UnidirectionalStream),
            Buffers = (transport.MaxConnectionReceiveWindow, transport.MaxStreamReceiveWindow, transport.SendBufferSize),
            Udp = (transport.MinUdpPayloadSize, transport.MaxUdpPayloadSize, transport.MaxAckDelay),
            Datagrams = (transport.MaxDatagramFrameSize, transport.DatagramQueueLength, transport.DatagramBufferSize),
            Congestion = (transport.CongestionControl, transport.InitialWindowPackets, transport.InitialRtt),
            Choices = (
                transport.IsPacingEnabled, transport.IsEcnEnabled, transport.IsSpinBitEnabled, transport.CompletesInline, options.HoldsEmptyStreamsBack,
                transport.IoMode),
            Diagnosis = (transport.KeyLogFile, transport.QlogDirectory, transport.PacketsPerKey),
        };
        return fits;
    }

    /// <summary>Whether a list still is what it was.</summary>
    public static bool AreSame(List<SslApplicationProtocol>? protocols, SslApplicationProtocol[] before) =>
        protocols is not null && CollectionsMarshal.AsSpan(protocols).SequenceEqual(before);

    private static bool TryPack(IReadOnlyList<QuicKeyExchangeGroup> groups, out ulong packed)
    {
        packed = 0;
        for (int i = 0; i < groups.Count; i++)
        {
            packed = (packed << BitsPerGroup) | (ushort)groups[i];
        }

        return groups.Count <= MostGroups;
    }
}
