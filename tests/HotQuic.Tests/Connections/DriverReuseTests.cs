using System.Collections;
using System.Globalization;
using System.Net;
using System.Reflection;
using HotQuic.Connections;
using HotQuic.Shards;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;
using HotQuic.Tests.Soak;

namespace HotQuic.Tests.Connections;

/// <summary>L32: what stood for a connection before holds nothing of it when it waits for the next: field by field, it is as new.</summary>
[Collection(AloneCollection.Name)]
public class DriverReuseTests
{
    /// <summary>Fields in which a used object may differ from a new one, each with the reason.</summary>
    private static readonly Dictionary<string, string> Excepted = new()
    {
        ["ConnectionDriver._generation"] = "counts the lives",
        ["ConnectionDriver._answers"] = "has the generation in it",
        ["ConnectionDriver._publishedVersion"] = "counts what was published",
        ["InboundStreams._gate"] = "a lock, which is free",
        ["AwaitedConnection._sends"] = "made with the first datagram that is awaited, and emptied",
    };

    [Fact]
    public async Task L32_OfEventHandlersOnBothSides()
    {
        await AssertAsNewAsync(async engine =>
        {
            await using QuicServer server = SoakEngine.Serve(engine, new EchoConnectionHandler());
            QuicClientConfiguration configuration = HandlerPair.ClientConfiguration();
            for (int i = 0; i < 5; i++)
            {
                var asking = new AskingHandler();
                QuicConnectionHandle connection = QuicClient.ConnectOn(engine, configuration, server.LocalEndPoints[0], asking, state: "mine");
                await asking.WhenConnected.WaitAsync(Pair.Patience);
                await asking.NextRoundAsync(connection, 20).WaitAsync(Pair.Patience);
                Assert.True(connection.Post("close"));
                await asking.WhenClosed.WaitAsync(Pair.Patience);
            }
        });
    }

    [Fact]
    public async Task L32_OfThoseThatAwaitOnBothSides()
    {
        await AssertAsNewAsync(async engine =>
        {
            await using QuicListener listener = await SoakEngine.ListenAsync(engine, options => options.Transport.MaxDatagramFrameSize = 1000);
            for (int i = 0; i < 5; i++)
            {
                ValueTask<QuicConnection> accepting = listener.AcceptConnectionAsync();
                await using QuicConnection client = await SoakEngine.ConnectAsync(
                    engine, listener.LocalEndPoint, options => options.Transport.MaxDatagramFrameSize = 1000);
                await using QuicConnection server = await accepting.AsTask().WaitAsync(Pair.Patience);
                await UseAsync(client, server);
                if (i % 2 == 0)
                {
                    await client.CloseAsync(7);
                }
            }
        });
    }

    [Fact]
    public async Task L32_OfHandshakesThatFail()
    {
        await AssertAsNewAsync(async engine =>
        {
            await using QuicListener listener = await SoakEngine.ListenAsync(engine, options => options.ServerAuthenticationOptions.ServerCertificate = null);
            for (int i = 0; i < 5; i++)
            {
                Task<QuicConnection> accepting = listener.AcceptConnectionAsync().AsTask();
                await Assert.ThrowsAnyAsync<Exception>(() => SoakEngine.ConnectAsync(engine, listener.LocalEndPoint));
                await Assert.ThrowsAsync<ArgumentException>(() => accepting.WaitAsync(Pair.Patience));
            }
        });
    }

    /// <summary>Both read, write, wait, cancel and send datagrams.</summary>
    private static async Task UseAsync(QuicConnection client, QuicConnection server)
    {
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[100], completeWrites: true);
        await using QuicStream accepted = await server.AcceptInboundStreamAsync();
        await accepted.ReadExactlyAsync(new byte[100]);
        if (await client.SendDatagramAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience) == QuicDatagramOutcome.Acknowledged)
        {
            // Otherwise a busy machine lost it, or seemed to.
            Assert.Equal(10, await server.ReceiveDatagramAsync(new byte[100]).AsTask().WaitAsync(Pair.Patience));
        }

        using var cancellation = new CancellationTokenSource();
        Task<QuicStream> waiting = server.AcceptInboundStreamAsync(cancellation.Token).AsTask();
        Task<QuicStream> opening = server.OpenOutboundStreamAsync(QuicStreamType.Unidirectional, cancellation.Token).AsTask();
        client.UpdateKeys();
        server.State = client;
        await (await opening.WaitAsync(Pair.Patience)).DisposeAsync();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Pair.Patience));
    }

    /// <summary>Runs connections on an engine of its own, waits until none is left, and looks at what they left behind.</summary>
    private static async Task AssertAsNewAsync(Func<QuicEngine, Task> use)
    {
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = 1 });
        await use(engine);
        await Ledger.WhenEmptyAsync(engine);
        Shard shard = engine.Shards[0];
        int used = 0;
        await shard.RunAsync(_ =>
        {
            List<string> expected = GraphOf(new ConnectionDriver(shard));
            Assert.True(expected.Count > 50, $"only {expected.Count} values were compared");
            for (ConnectionDriver driver = shard.Drivers.Rent(); driver.Generation > 1; driver = shard.Drivers.Rent())
            {
                used++;
                Assert.Equal(expected, GraphOf(driver));
            }
        }).WaitAsync(Pair.Patience);
        Assert.True(used >= 2, $"only {used} objects were used again");
    }

    private static List<string> GraphOf(ConnectionDriver driver)
    {
        // Where a connection did not need them, they come with its first use.
        _ = driver.Awaited;
        _ = driver.Handled;
        var lines = new List<string>();
        Walk("Driver", driver, new HashSet<object>(ReferenceEqualityComparer.Instance), lines);
        return lines;
    }

    private static void Walk(string path, object? value, HashSet<object> seen, List<string> lines)
    {
        switch (value)
        {
            case null or Shard:
                lines.Add($"{path} = {(value is null ? "null" : "shared")}");
                break;
            case WeakReference<QuicConnection> weak:
                lines.Add($"{path} = {weak.TryGetTarget(out _)}");
                break;
            case string or Enum or bool or char or TimeSpan or IPEndPoint:
                lines.Add($"{path} = {value}");
                break;
            case IFormattable when value.GetType().IsPrimitive:
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{path} = {value}"));
                break;
            case ICollection collection:
                lines.Add($"{path}.Count = {collection.Count}");
                break;
            default:
                WalkFields(path, value, seen, lines);
                break;
        }
    }

    private static void WalkFields(string path, object value, HashSet<object> seen, List<string> lines)
    {
        if (!value.GetType().IsValueType && !seen.Add(value))
        {
            return;
        }

        for (Type? type = value.GetType(); type is not null && type != typeof(object) && type != typeof(ValueType); type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!Excepted.ContainsKey($"{type.Name}.{field.Name}"))
                {
                    Walk($"{path}.{field.Name}", field.GetValue(value), seen, lines);
                }
            }
        }
    }
}
