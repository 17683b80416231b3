using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HotQuic.Udp.Linux;

/// <summary>
/// Sends trains: one sendmsg with UDP_SEGMENT for as many datagrams as the kernel takes at once. Where a device refuses that, the
/// datagrams go one by one in batches of sendmmsg, and the refusal is remembered.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class TrainSender(Descriptor socket, int family, bool reportsErrors)
{
    /// <summary>The most payload one message can carry: an IPv4 packet of 65,535 bytes.</summary>
    private const int MaxPayload = 65507;

    private const int SinglesPerCall = 32;

    /// <summary>Datagrams in one message; 1 where segmentation offload is off.</summary>
    public required int MaxSegments { get; set; }

    public SendResult Send(in SendRequest request)
    {
        byte* name = stackalloc byte[SocketAddressCodec.Room];
        Span<byte> controlRoom = stackalloc byte[ControlWriter.RoomForSend];
        var control = new ControlWriter(controlRoom);
        AddEnvelope(request, ref control);
        fixed (byte* payload = request.Payload, controlStart = controlRoom)
        {
            BufferVector buffer = default;
            var train = new Train
            {
                Header = new MessageHeader
                {
                    Name = name,
                    NameLength = (uint)SocketAddressCodec.Write(request.Remote, family, new Span<byte>(name, SocketAddressCodec.Room)),
                    Buffers = &buffer,
                    BufferCount = 1,
                    Control = controlStart,
                },
                Payload = payload,
                Length = request.Payload.Length,
                SegmentSize = request.SegmentSize,
                PlainControlLength = control.Length,
            };
            control.Add(Level.Udp, UdpOption.Segment, (ushort)Math.Min(request.SegmentSize, MaxPayload));
            train.SegmentedControlLength = control.Length;
            return SendAll(ref train);
        }
    }

    private static void AddEnvelope(in SendRequest request, ref ControlWriter control)
    {
        if (request.Ecn != IpEcn.NotEct)
        {
            // Also through an IPv6 socket, an IPv4 datagram takes IP_TOS and ignores IPV6_TCLASS.
            (int level, int type) = request.Remote.Family == UdpFamily.IPv4
                ? (Level.Ip, IpOption.TrafficClass)
                : (Level.Ipv6, Ipv6Option.TrafficClass);
            control.Add(level, type, (int)request.Ecn);
        }

        if (!request.Local.IsNone)
        {
            PacketInfo.Write(request.Local, ref control);
        }
    }

    private SendResult SendAll(ref Train train)
    {
        while (train.Sent < train.Length)
        {
            int taken = SendNext(ref train);
            if (taken >= 0)
            {
                train.Sent += taken;
            }
            else if (taken == -ErrorNumber.WouldBlock)
            {
                return new SendResult(SendStatus.WouldBlock, train.Sent);
            }
            else
            {
                return new SendResult(SendStatus.Failed, train.Sent, ErrorNumber.ToKind(-taken));
            }
        }

        return new SendResult(SendStatus.Sent, train.Sent);
    }

    /// <summary>Sends what one call takes: bytes taken, or an error number below zero. So do the methods it calls.</summary>
    private int SendNext(ref Train train)
    {
        int rest = train.Length - train.Sent;
        if (rest <= train.SegmentSize)
        {
            return SendMessage(ref train, rest, train.PlainControlLength);
        }

        int segments = Math.Min(MaxSegments, MaxPayload / train.SegmentSize);
        if (segments <= 1)
        {
            return SendSingly(ref train, rest);
        }

        int length = Math.Min(segments * train.SegmentSize, rest);
        int taken = SendMessage(ref train, length, train.SegmentedControlLength);
        if (taken is not (-ErrorNumber.InputOutput or -ErrorNumber.Invalid))
        {
            return taken;
        }

        // EIO: a device without checksum offload. EINVAL may have other causes; it was the offload if the same datagrams go alone.
        int singly = SendSingly(ref train, length);
        if (taken == -ErrorNumber.InputOutput || singly > 0)
        {
            MaxSegments = 1;
        }

        return singly;
    }

    private int SendMessage(ref Train train, int length, int controlLength)
    {
        fixed (MessageHeader* header = &train.Header)
        {
            header->Buffers->Start = train.Payload + train.Sent;
            header->Buffers->Length = (nuint)length;
            header->ControlLength = (nuint)controlLength;
            int attempts = 0;
            while (true)
            {
                nint taken = LibC.SendMessage(socket, header, MessageFlags.DontWait | MessageFlags.NoSignal);
                if (taken >= 0)
                {
                    return (int)taken;
                }

                int error = Marshal.GetLastPInvokeError();
                if (!IsWorthRepeating(error, attempts++))
                {
                    return -error;
                }
            }
        }
    }

    private int SendSingly(ref Train train, int length)
    {
        BatchedMessageHeader* messages = stackalloc BatchedMessageHeader[SinglesPerCall];
        BufferVector* buffers = stackalloc BufferVector[SinglesPerCall];
        int count = 0;
        for (int offset = 0; offset < length && count < SinglesPerCall; offset += train.SegmentSize, count++)
        {
            buffers[count].Start = train.Payload + train.Sent + offset;
            buffers[count].Length = (nuint)Math.Min(train.SegmentSize, length - offset);
            messages[count].Header = train.Header;
            messages[count].Header.Buffers = buffers + count;
            messages[count].Header.ControlLength = (nuint)train.PlainControlLength;
        }

        int attempts = 0;
        while (true)
        {
            int sent = LibC.SendMessages(socket, messages, (uint)count, MessageFlags.DontWait | MessageFlags.NoSignal);
            if (sent >= 0)
            {
                return Math.Min(sent * train.SegmentSize, length);
            }

            int error = Marshal.GetLastPInvokeError();
            if (!IsWorthRepeating(error, attempts++))
            {
                return -error;
            }
        }
    }

    /// <summary>With error reports on, a call may first give the error that ICMP brought about an earlier datagram to anyone.</summary>
    private bool IsWorthRepeating(int error, int attempts) =>
        error == ErrorNumber.Interrupted
        || (reportsErrors && error != ErrorNumber.WouldBlock && attempts < LinuxUdpSocket.MaxPendingErrors);

    /// <summary>A train on its way: the envelope all its messages share, and how far it has come.</summary>
    private ref struct Train
    {
        public MessageHeader Header;
        public byte* Payload;
        public int Length;
        public int SegmentSize;
        public int Sent;
        public int PlainControlLength;
        public int SegmentedControlLength;
    }
}
