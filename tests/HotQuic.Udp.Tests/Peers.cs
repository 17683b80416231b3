using System.Diagnostics;
using System.Net;
using HotQuic.Udp.Waiting;

namespace HotQuic.Udp.Tests;

/// <summary>The kinds of <see cref="UdpIo"/>, for the parameters of tests.</summary>
public enum Io
{
    Offload = UdpIo.Offload,
    Sockets = UdpIo.Sockets,
    Datagrams = UdpIo.Datagrams,
}

/// <summary>How the two sockets of a test see one another.</summary>
public enum Route
{
    /// <summary>127.0.0.1 to 127.0.0.1.</summary>
    IPv4,

    /// <summary>::1 to ::1.</summary>
    IPv6,

    /// <summary>Two dual-mode wildcard sockets, by 127.0.0.1.</summary>
    DualModeByIPv4,

    /// <summary>Two dual-mode wildcard sockets, by ::1.</summary>
    DualModeByIPv6,
}

/// <summary>A received train, copied out of its batch.</summary>
internal sealed record Received(byte[] Payload, int SegmentSize, UdpAddress Remote, UdpAddress Local, IpEcn Ecn, DateTime KernelTime);

/// <summary>Two bound sockets, a waiter and a batch for the receiving one, and the address that leads there.</summary>
internal sealed class Peers : IDisposable
{
    private readonly ReceiveBatch _batch = new();

    public Peers(
        Io io,
        Route route,
        Func<UdpSocketOptions, UdpSocketOptions>? sender = null,
        Func<UdpSocketOptions, UdpSocketOptions>? receiver = null)
    {
        IPAddress? bind = route switch
        {
            Route.IPv4 => IPAddress.Loopback,
            Route.IPv6 => IPAddress.IPv6Loopback,
            _ => null,
        };
        var options = new UdpSocketOptions { Io = (UdpIo)io, LocalEndPoint = bind is null ? null : new IPEndPoint(bind, 0) };
        Sender = UdpSocket.Bind(sender?.Invoke(options) ?? options);
        Receiver = UdpSocket.Bind(receiver?.Invoke(options) ?? options);
        Loopback = route is Route.IPv4 or Route.DualModeByIPv4 ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        Destination = AddressOf(Receiver);
        Waiter = ShardWaiter.Create((UdpIo)io);
        Waiter.Add(Receiver);
    }

    /// <summary>Every kind of socket over each route.</summary>
    public static TheoryData<Io, Route> All => Matrix.Of(Enum.GetValues<Io>(), Enum.GetValues<Route>());

    /// <summary>The kinds that move trains, over each route.</summary>
    public static TheoryData<Io, Route> AllWithTrains => Matrix.Of([Io.Offload, Io.Sockets], Enum.GetValues<Route>());

    public UdpSocket Sender { get; }

    public UdpSocket Receiver { get; }

    public ShardWaiter Waiter { get; }

    public IPAddress Loopback { get; }

    /// <summary>Leads to <see cref="Receiver"/>.</summary>
    public UdpAddress Destination { get; }

    public UdpAddress AddressOf(UdpSocket socket) => UdpAddress.From(Loopback, (ushort)socket.LocalEndPoint.Port);

    public SendResult Send(byte[] payload, int segmentSize, IpEcn ecn = IpEcn.NotEct, UdpAddress local = default) => Sender.Send(new SendRequest
    {
        Payload = payload,
        SegmentSize = segmentSize,
        Remote = Destination,
        Ecn = ecn,
        Local = local,
    });

    /// <summary>Receives until as many bytes have come, or none for too long.</summary>
    public List<Received> Receive(int bytes) => Receive(Receiver, Waiter, _batch, bytes);

    public static List<Received> Receive(UdpSocket socket, ShardWaiter waiter, ReceiveBatch batch, int bytes)
    {
        var received = new List<Received>();
        long start = Stopwatch.GetTimestamp();
        int count = 0;
        while (count < bytes)
        {
            if (Stopwatch.GetElapsedTime(start) > TestTime.Limit)
            {
                throw new TimeoutException($"{count} of {bytes} bytes have arrived.");
            }

            while (socket.Receive(batch) > 0)
            {
                foreach (ReceivedTrain train in batch)
                {
                    count += train.Payload.Length;
                    received.Add(new Received(train.Payload.ToArray(), train.SegmentSize, train.Remote, train.Local, train.Ecn, train.KernelTime));
                }
            }

            if (count < bytes)
            {
                waiter.Wait(TimeSpan.FromSeconds(1));
            }
        }

        return received;
    }

    public void Dispose()
    {
        Sender.Dispose();
        Receiver.Dispose();
        Waiter.Dispose();
    }

    public static byte[] Pattern(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
