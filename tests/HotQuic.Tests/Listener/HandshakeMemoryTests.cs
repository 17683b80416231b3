using System.Net;
using HotQuic.Ports;
using HotQuic.Tests.Engine;
using Xunit.Abstractions;

namespace HotQuic.Tests.Listener;

/// <summary>L26: what an unfinished handshake is taken to hold is what it holds.</summary>
[Collection(AloneCollection.Name)]
public sealed class HandshakeMemoryTests(ITestOutputHelper output)
{
    private const int Handshakes = 500;

    [Fact]
    public async Task L26_TheEstimateOfWhatAnUnfinishedHandshakeHoldsIsNearWhatIsMeasured()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();

        // Neither accepted nor rejected: each stays at its ClientHello, which is where an attacker would leave it.
        var probe = new ServerProbe { Attempt = _ => { } };
        var options = new QuicServerOptions
        {
            RetryMode = QuicRetryMode.Never,
            OverloadLimit = Timeout.InfiniteTimeSpan,
            OverloadDropLimit = Timeout.InfiniteTimeSpan,
        };
        await using var server = new QuicServer(engine, probe, options);
        server.Start(ServerProbe.Loopback());
        IPEndPoint to = server.LocalEndPoints[0];
        using var client = new RawClient();
        byte[][] initials = [.. Enumerable.Range(0, Handshakes + 1).Select(_ => client.FirstFlight(to, Pair.Protocol)[0])];
        client.Send(to, initials[0]);
        await ServerProbe.EventuallyAsync(() => probe.Attempts == 1);
        long before = Settled();
        for (int i = 1; i <= Handshakes; i++)
        {
            client.Send(to, initials[i]);
            if (i % 50 == 0)
            {
                await ServerProbe.EventuallyAsync(() => probe.Attempts == i + 1);
            }
        }

        long each = (Settled() - before) / Handshakes;
        output.WriteLine($"{each} bytes");
        Assert.InRange(each, HandshakeMemory.BytesPerHandshake / 3, HandshakeMemory.BytesPerHandshake * 2);
    }

    /// <summary>The heap once the finalizers of earlier tests' objects have let go of what these held.</summary>
    private static long Settled()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
