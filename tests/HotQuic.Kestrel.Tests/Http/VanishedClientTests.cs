using System.Runtime.CompilerServices;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>
/// Clients that are gone without a word, as where their process was killed or their network fell away: the server comes back to what it was, in
/// connections, streams and memory.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class VanishedClientTests
{
    private const int Clients = 6;
    private const int StreamsEach = 20;

    /// <summary>What may stay for other reasons than clients: pools that have grown, code that was compiled.</summary>
    private const long Tolerance = 12 << 20;

    private static readonly TimeSpan OneAndAHalfSeconds = TimeSpan.FromSeconds(1.5);

    /// <summary>The connection ends by the client's idle timeout (RFC 9000 §10.1).</summary>
    [Fact]
    public async Task TheServerComesBackToWhatItWas()
    {
        int running = 0;
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Kestrel = static kestrel =>
            {
                kestrel.Limits.KeepAliveTimeout = OneAndAHalfSeconds;
                kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 1000, gracePeriod: OneAndAHalfSeconds);
                kestrel.Limits.MinResponseDataRate = new(bytesPerSecond: 1000, gracePeriod: OneAndAHalfSeconds);
                kestrel.Limits.MaxRequestBodySize = null;
            },
            Map = routes => HostileClientTests.MapEndless(routes, change => Interlocked.Add(ref running, change)),
        });
        TimeSpan idleTimeout = TimeSpan.FromSeconds(2);
        await VanishAsync(application, idleTimeout, () => Volatile.Read(ref running));
        long before = await SettledAsync(application);
        for (int i = 0; i < 3; i++)
        {
            await VanishAsync(application, idleTimeout, () => Volatile.Read(ref running));
        }

        long after = await SettledAsync(application);
        Assert.True(after - before < Tolerance, $"{(after - before) >> 10} KiB stayed of {3 * Clients * StreamsEach} requests.");
        Assert.Equal(0, running);
    }

    /// <summary>In a method of its own, so that nothing of it is reachable from the caller's frame.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task VanishAsync(TestApplication application, TimeSpan idleTimeout, Func<long> running)
    {
        List<Http3TestClient> clients = [];
        List<Relay> relays = [];
        for (int i = 0; i < Clients; i++)
        {
            var relay = new Relay(application.EndPoint);
            relays.Add(relay);
            Http3TestClient client = await Http3TestClient.ConnectAsync(relay.EndPoint, idleTimeout: idleTimeout);
            clients.Add(client);
            for (int j = 0; j < StreamsEach; j++)
            {
                QuicStream stream = await client.OpenAsync();
                await stream.WriteAsync(j % 2 == 0
                    ? Http3TestClient.RequestHeaders("GET", "/endless")
                    : [.. Http3TestClient.RequestHeaders("POST", "/upload"), .. Http3TestClient.DataHeader(1 << 30), .. new byte[50_000]]).OrFail();
            }
        }

        await TestApplication.EventuallyAsync(Clients * StreamsEach / 2, running);
        foreach (Relay relay in relays)
        {
            await relay.DisposeAsync();
        }

        await TestApplication.EventuallyAsync(0, () => application.Connections);
        await TestApplication.EventuallyAsync(0, () => application.Streams);
        await TestApplication.EventuallyAsync(0, running);
        foreach (Http3TestClient client in clients)
        {
            await client.DisposeAsync();
        }
    }

    /// <summary>The heap, once what ended has drained (RFC 9000 §10.2) and its finalizers have run: the least of several readings.</summary>
    private static async Task<long> SettledAsync(TestApplication application)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            await using (Http3TestClient client = await application.ConnectAsync())
            {
                Assert.Equal(200, (await client.GetAsync("/json")).Status);
            }

            await Task.Delay(300);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
        }

        return least;
    }
}
