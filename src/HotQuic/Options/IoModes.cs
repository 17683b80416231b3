using HotQuic.Udp;

namespace HotQuic.Options;

/// <summary>Ways of driving sockets, as the options name them, in the terms of the sockets.</summary>
internal static class IoModes
{
    /// <summary>
    /// System.Net.Sockets alone, one datagram a call: what <see cref="QuicIoMode.Sockets"/> is where the Linux calls are missing. No public
    /// mode, so that Linux too can test what other systems run.
    /// </summary>
    public const QuicIoMode Datagrams = (QuicIoMode)(-1);

    /// <summary>What <see cref="QuicIoMode.Auto"/> is in this process: itself, unless the AppContext's HotQuic.IoMode names another.</summary>
    public static QuicIoMode Auto { get; } =
        AppContext.GetData("HotQuic.IoMode") is string name && Enum.TryParse(name, ignoreCase: true, out QuicIoMode mode) && IsKnown(mode)
            ? mode
            : QuicIoMode.Auto;

    public static bool IsKnown(QuicIoMode mode) => Enum.IsDefined(mode) || mode == Datagrams;

    public static UdpIo ToUdp(QuicIoMode mode) => (mode == QuicIoMode.Auto ? Auto : mode) switch
    {
        QuicIoMode.Auto => UdpIo.Auto,
        QuicIoMode.Offload => UdpIo.Offload,
        QuicIoMode.Sockets => UdpIo.Sockets,
        Datagrams => UdpIo.Datagrams,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Expected Auto, Offload or Sockets."),
    };
}
