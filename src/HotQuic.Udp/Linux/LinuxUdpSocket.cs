using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using HotQuic.Udp.Portable;

namespace HotQuic.Udp.Linux;

/// <summary>
/// A UDP socket over Linux system calls: batches, segmentation offload, ECN, packet info, the error queue. What has arrived is told by the
/// kernel, or by System.Net.Sockets through a <see cref="ReadableSignal"/>.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxUdpSocket : UdpSocket
{
    /// <summary>How many errors of earlier datagrams a call looks past before it takes one for its own.</summary>
    public const int MaxPendingErrors = 4;

    private readonly TrainReceiver _receiver;
    private readonly TrainSender _sender;
    private readonly bool _inet6;

    internal LinuxUdpSocket(Descriptor descriptor, int family, UdpAddress bound, UdpCapabilities capabilities)
        : base(bound.ToIPEndPoint(), capabilities)
    {
        Descriptor = descriptor;
        _inet6 = family == Family.Inet6;
        _receiver = new TrainReceiver(descriptor, bound.Port, capabilities.ErrorQueue);
        _sender = new TrainSender(descriptor, family, capabilities.ErrorQueue) { MaxSegments = capabilities.MaxSegments };
    }

    /// <summary>The structures and constants used here are those of these processors.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool IsSupported =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    internal Descriptor Descriptor { get; }

    /// <summary>True after a send that would have blocked, until the waiter has reported room.</summary>
    internal bool WantsWritable { get; set; }

    /// <summary>What tells of arrivals in the kernel's place, if anything.</summary>
    internal ReadableSignal? Signal
    {
        get;
        init
        {
            field = value;
            if (value is not null)
            {
                value.Told = () => Waiter?.Wake();
            }
        }
    }

    internal override bool IsDisposed => Descriptor.IsClosed;

    public static LinuxUdpSocket Open(UdpSocketOptions options) => LinuxSocketFactory.Open(options);

    public override int Receive(ReceiveBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        int count = _receiver.Receive(batch);
        KernelDrops = _receiver.KernelDrops;
        FailedReceives = _receiver.Failures;
        if (count < batch.Capacity)
        {
            Signal?.Clear();
        }

        return count;
    }

    public override SendResult Send(in SendRequest request)
    {
        Check(request, _inet6);
        SendResult result = _sender.Send(request);
        WantsWritable = result.Status == SendStatus.WouldBlock;
        if (Capabilities.Gso && _sender.MaxSegments == 1)
        {
            Capabilities = Capabilities with { Gso = false, MaxSegments = 1 };
        }

        return result;
    }

    public override bool TryReadError(Span<byte> quoted, out UdpError error)
    {
        error = default;
        return Capabilities.ErrorQueue && ErrorQueue.TryRead(Descriptor, quoted, out error);
    }

    private protected override bool TrySteer(ShardSteering steering, int shardCount) =>
        SteeringFilter.TryAttach(Descriptor, steering, shardCount);

    private protected override void Close()
    {
        Descriptor.Dispose();
        Signal?.Dispose();
    }
}
