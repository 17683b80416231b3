using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Attacks;

/// <summary>
/// A client under a server that lies, over thousands of requests: each ends, with a response or with an exception that is documented, and
/// gives its stream back. A failure names its seed.
/// </summary>
public sealed class LyingServerTests
{
    private const int Cases = 3000;
    private const int Lanes = 8;

    /// <summary>So few that streams which never ended would stop everything.</summary>
    private const int MostRequests = 12;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<int, CancellationTokenSource> _underWay = [];

    [Fact]
    public Task HttpClientEndsEveryRequestWithWhatIsDocumented() => RunHttpClientAsync(0, Cases);

    /// <summary>Has HttpClient told the lies of these seeds.</summary>
    internal async Task RunHttpClientAsync(int first, int last)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(ServeAsync, MostRequests);
        Http3Handler handler = new() { SslOptions = ScriptedServer.Trust, ConnectionOptions = OptionsOf(server), EndPointCallback = _ => server.ClientOptions.RemoteEndPoint };
        using HttpClient client = new(handler) { DefaultRequestVersion = HttpVersion.Version30, Timeout = Timeout.InfiniteTimeSpan };
        int answers = 0;
        await RunAsync(first, last, SendAsync);
        Assert.InRange(answers, (last - first) / 20, last - first);

        async Task SendAsync(int seed, CancellationToken token)
        {
            try
            {
                using HttpRequestMessage request = new(seed % 3 == 0 ? HttpMethod.Post : HttpMethod.Get, new Uri(server.Uri, $"/{seed}"))
                {
                    Version = HttpVersion.Version30,
                    Content = seed % 3 != 0 ? null : seed % 2 == 0 ? new StreamContent(new MemoryStream(new byte[seed * 10])) : new ByteArrayContent(new byte[seed * 10]),
                };
                using HttpResponseMessage response = await client.SendAsync(
                    request, seed % 5 == 0 ? HttpCompletionOption.ResponseContentRead : HttpCompletionOption.ResponseHeadersRead, token);
                if (seed % 7 != 0)
                {
                    await using Stream content = await response.Content.ReadAsStreamAsync(token);
                    await content.CopyToAsync(Stream.Null, token);
                }

                Interlocked.Increment(ref answers);
            }
            catch (Exception e) when (e is HttpRequestException or HttpIOException || (e is OperationCanceledException && token.IsCancellationRequested))
            {
                // As it is documented.
            }
        }
    }

    [Fact]
    public async Task TheLeanApiEndsEveryRequestWithWhatIsDocumentedAndLeavesNothing()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(ServeAsync, MostRequests);
        Http3ConnectionOptions options = OptionsOf(server);
        ConnectionKeeper keeper = new(options);
        int answers = 0;
        await RunAsync(Cases, 2 * Cases, async (seed, token) =>
        {
            Http3Connection connection = await keeper.TakeAsync();
            try
            {
                Http3Request request = new(seed % 3 == 0 ? "POST" : "GET", new Uri(server.Uri, $"/{seed}"));
                await using Http3Response response = seed % 3 != 0 ? await connection.SendAsync(request, token)
                    : seed % 2 == 0 ? await connection.SendAsync(request, new byte[seed * 10], token)
                    : await connection.SendAsync(request, async (writer, stop) => await writer.WriteAsync(new byte[seed * 10], stop), token);
                await ReadAsync(response, seed, token);
                Interlocked.Increment(ref answers);
            }
            catch (Exception e) when (e is Http3Exception || (e is OperationCanceledException && token.IsCancellationRequested))
            {
                // As it is documented.
            }
        });
        Assert.InRange(answers, Cases / 20, Cases);
        Assert.All(keeper.All, connection => Assert.Equal(0, connection.ActiveRequests));
        await keeper.DisposeAsync();
    }

    private static Http3ConnectionOptions OptionsOf(ScriptedServer server) =>
        server.ClientOptions with { QpackTableCapacity = 0, MaxFieldSectionSize = 30_000 };

    private static async Task ReadAsync(Http3Response response, int seed, CancellationToken token)
    {
        switch (seed % 4)
        {
            case 0:
                await response.DrainAsync(token);
                break;
            case 1:
                byte[] buffer = new byte[seed % 1000 + 1];
                while (await response.ReadAsync(buffer, token) > 0)
                {
                }

                break;
            case 2:
                PipeReader body = response.Body;
                ReadResult result = await body.ReadAtLeastAsync(seed % 5000, token);
                body.AdvanceTo(result.Buffer.End);
                await body.CompleteAsync();
                break;
            default:
                break; // Nobody reads it.
        }
    }

    /// <summary>Runs cases side by side; one that does not end, or ends otherwise, fails with its seed.</summary>
    private async Task RunAsync(int first, int last, Func<int, CancellationToken, Task> run)
    {
        int next = first;
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var seed && seed <= last)
            {
                using CancellationTokenSource cancel = new();
                _underWay[seed] = cancel;
                try
                {
                    await run(seed, cancel.Token).WaitAsync(Patience);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"The lie of seed {seed}: {e.GetType().Name}: {e.Message}", e);
                }
                finally
                {
                    _underWay.TryRemove(seed, out CancellationTokenSource? _);
                }
            }
        })));
    }

    private async Task ServeAsync(ServedConnection connection)
    {
        await connection.StartAsync();
        while (true)
        {
            QuicStream stream = await connection.Transport.AcceptInboundStreamAsync();
            if (stream.Type == QuicStreamType.Bidirectional)
            {
                _ = LieAsync(connection, stream);
            }
        }
    }

    private async Task LieAsync(ServedConnection connection, QuicStream stream)
    {
        await using (stream)
        {
            try
            {
                ServedRequest request = new(stream);
                await request.ReadFieldsAsync();
                int seed = int.Parse(request[":path"].AsSpan(1), CultureInfo.InvariantCulture);
                Lie lie = new(seed);
                await lie.TellAsync(connection, stream);
                if (lie.IsStalled)
                {
                    Cancel(seed);
                    await stream.WritesClosed;
                }
            }
            catch (Exception e) when (e is QuicException or EndOfStreamException or InvalidOperationException)
            {
                // The client, or this server by a lie, has ended the stream or the connection.
            }
        }
    }

    private void Cancel(int seed)
    {
        try
        {
            if (_underWay.TryGetValue(seed, out CancellationTokenSource? cancel))
            {
                cancel.Cancel();
            }
        }
        catch (ObjectDisposedException)
        {
            // It has just ended.
        }
    }

    /// <summary>A connection for whoever needs one: the same, until it takes no more requests.</summary>
    private sealed class ConnectionKeeper(Http3ConnectionOptions options) : IAsyncDisposable
    {
        private readonly SemaphoreSlim _gate = new(1);

        public List<Http3Connection> All { get; } = [];

        public async Task<Http3Connection> TakeAsync()
        {
            await _gate.WaitAsync();
            try
            {
                if (All.Count == 0 || !All[^1].IsAcceptingRequests)
                {
                    All.Add(await Http3Connection.ConnectAsync(options));
                }

                return All[^1];
            }
            finally
            {
                _gate.Release();
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (Http3Connection connection in All)
            {
                await connection.CloseAsync();
            }

            _gate.Dispose();
        }
    }
}
