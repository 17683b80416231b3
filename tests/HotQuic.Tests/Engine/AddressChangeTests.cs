using System.Net;
using System.Threading.Channels;

namespace HotQuic.Tests.Engine;

/// <summary>A client behind a NAT that forgets its binding (RFC 9000 §9), over real sockets.</summary>
public class AddressChangeTests
{
    /// <summary>The transfer goes on, the server's application learns of the new address, and finds it on the connection.</summary>
    [SkippableTheory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.2")]
    public async Task ATransferSurvivesARebindingAndTheApplicationLearnsOfIt(string address)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux has all of 127.0.0.0/8.");
        Channel<(QuicConnection Connection, IPEndPoint Address)> changes = Channel.CreateUnbounded<(QuicConnection, IPEndPoint)>();
        await using UdpRelay relay = await UdpRelay.ConnectAsync(
            server: options => options.RemoteEndPointChangedCallback = (connection, changed) => changes.Writer.TryWrite((connection, changed)));
        Assert.Equal(relay.Address, relay.Server.RemoteEndPoint);
        const int length = 8_000_000;
        QuicStream client = await relay.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask().WaitAsync(Pair.Patience);
        await client.WriteAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience);
        QuicStream server = await relay.Server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
        Task sending = SendAsync(server, length);
        byte[] buffer = new byte[65536];
        int received = 0;
        int count;
        bool isMoved = false;
        while ((count = await client.ReadAsync(buffer).AsTask().WaitAsync(Pair.Patience)) > 0)
        {
            received += count;
            if (received > length / 4 && !isMoved)
            {
                isMoved = true;
                relay.Rebind(IPAddress.Parse(address));

                // What was on its way is lost, and a client that says nothing more cannot be found (RFC 9000 §9).
                await client.WriteAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience);
            }
        }

        await sending.WaitAsync(Pair.Patience);
        Assert.Equal(length, received);
        (QuicConnection told, IPEndPoint now) = await changes.Reader.ReadAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Same(relay.Server, told);
        Assert.Equal(relay.Address, now);
        Assert.Equal(relay.Address, relay.Server.RemoteEndPoint);
        Assert.False(changes.Reader.TryRead(out _));
    }

    /// <summary>Whoever keeps the address that was told last keeps that of the last change, though the call before it took its time.</summary>
    [Fact]
    public async Task ChangesAreToldOneAtATimeAndInOrder()
    {
        Channel<IPEndPoint> changes = Channel.CreateUnbounded<IPEndPoint>();
        using var isSecondThere = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        int calls = 0;
        bool isAlone = true;
        await using UdpRelay relay = await UdpRelay.ConnectAsync(server: options => options.RemoteEndPointChangedCallback = (_, changed) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                isAlone = WaitHandle.WaitAny([goOn.WaitHandle, isSecondThere.WaitHandle], Pair.Patience) == 0;
            }
            else
            {
                isSecondThere.Set();
            }

            changes.Writer.TryWrite(changed);
        });
        await using QuicStream stream = await relay.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).AsTask().WaitAsync(Pair.Patience);
        var addresses = new List<IPEndPoint>();
        for (int i = 0; i < 2; i++)
        {
            relay.Rebind();
            addresses.Add(relay.Address);
            while (!relay.Server.RemoteEndPoint.Equals(relay.Address))
            {
                await stream.WriteAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience);
                await Task.Delay(1);
            }

            // What is to be told of it is under way by then.
            await relay.Server.Driver.Shard.RunAsync(static _ => { }).WaitAsync(Pair.Patience);
        }

        await Task.Delay(50);
        goOn.Set();
        Assert.Equal(addresses[0], await changes.Reader.ReadAsync().AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(addresses[1], await changes.Reader.ReadAsync().AsTask().WaitAsync(Pair.Patience));
        Assert.True(isAlone);
    }

    private static async Task SendAsync(QuicStream stream, int length)
    {
        byte[] buffer = new byte[65536];
        for (int left = length; left > 0; left -= buffer.Length)
        {
            await stream.WriteAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)), completeWrites: left <= buffer.Length);
        }
    }
}
