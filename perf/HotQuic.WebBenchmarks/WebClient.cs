using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using HotQuic.Http3;
using HotQuic.Load.Measuring;

namespace HotQuic.WebBenchmarks;

/// <summary>Sends one request after the other, so many at a time over so many connections, and drains each response.</summary>
internal abstract class WebClient : IAsyncDisposable
{
    private readonly List<LatencyHistogram> _latencies = [];
    private long _begin;
    private long _end;

    /// <summary>Requests per second and latencies of the seconds between warm-up and end.</summary>
    public LatencyHistogram Latencies { get; } = new();

    [SuppressMessage("Reliability", "CA2000", Justification = "It is the caller's.")]
    public static async Task<WebClient> ConnectAsync(WebVariant variant, WebEndpoint server, int connections, CancellationToken cancellation) =>
        variant == WebVariant.Http2
            ? new Http2Client(server, connections)
            : await Http3Client.ConnectAsync(server, connections, cancellation);

    /// <summary>Runs the load; what ends before <paramref name="begin"/> or after <paramref name="end"/> (timestamps) is not counted.</summary>
    public async Task RunAsync(int outstanding, long begin, long end)
    {
        (_begin, _end) = (begin, end);
        List<Task> copies = [];
        for (int connection = 0; connection < Connections; connection++)
        {
            // One for a connection, whose requests end on one thread: more would not stay in the cache.
            LatencyHistogram latencies = new();
            for (int i = 0; i < outstanding; i++)
            {
                int number = connection;
                copies.Add(Task.Run(() => RepeatAsync(number, latencies)));
            }

            _latencies.Add(latencies);
        }

        await Task.WhenAll(copies);
        _latencies.ForEach(latencies => latencies.AddTo(Latencies));
    }

    public abstract ValueTask DisposeAsync();

    protected abstract int Connections { get; }

    /// <summary>Sends one request over that connection, and reads the response.</summary>
    protected abstract ValueTask SendAsync(int connection);

    private async Task RepeatAsync(int connection, LatencyHistogram latencies)
    {
        long start = Stopwatch.GetTimestamp();
        while (start < _end)
        {
            await SendAsync(connection).ConfigureAwait(false);
            long now = Stopwatch.GetTimestamp();
            if (start >= _begin && now <= _end)
            {
                latencies.Record((long)((now - start) * (1e9 / Stopwatch.Frequency)));
            }

            start = now;
        }
    }

    private sealed class Http3Client(Http3Connection[] connections, Http3Request request) : WebClient
    {
        protected override int Connections => connections.Length;

        public static async Task<Http3Client> ConnectAsync(WebEndpoint server, int count, CancellationToken cancellation)
        {
            Http3ConnectionOptions options = new()
            {
                RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, server.Port),
                ClientAuthenticationOptions = server.Trust(),
                Transport = new() { CompletesInline = true },
            };
            Http3Connection[] connections = new Http3Connection[count];
            for (int i = 0; i < count; i++)
            {
                connections[i] = await Http3Connection.ConnectAsync(options, cancellation);
            }

            return new(connections, new Http3Request("GET", server.At(WebServer.TextPath), []));
        }

        public override async ValueTask DisposeAsync()
        {
            foreach (Http3Connection connection in connections)
            {
                await connection.DisposeAsync();
            }
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        protected override async ValueTask SendAsync(int connection)
        {
            await using Http3Response response = await connections[connection].SendAsync(request).ConfigureAwait(false);
            Check(response.Status, await response.DrainAsync().ConfigureAwait(false));
        }
    }

    private sealed class Http2Client : WebClient
    {
        private readonly HttpMessageInvoker[] _connections;
        private readonly Uri _uri;

        public Http2Client(WebEndpoint server, int count)
        {
            _uri = server.At(WebServer.TextPath);
            _connections = [.. Enumerable.Range(0, count).Select(_ => new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = server.Trust() }, disposeHandler: true))];
        }

        protected override int Connections => _connections.Length;

        public override ValueTask DisposeAsync()
        {
            foreach (HttpMessageInvoker connection in _connections)
            {
                connection.Dispose();
            }

            return ValueTask.CompletedTask;
        }

        protected override async ValueTask SendAsync(int connection)
        {
            using HttpRequestMessage message = new(HttpMethod.Get, _uri)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using HttpResponseMessage response = await _connections[connection].SendAsync(message, CancellationToken.None).ConfigureAwait(false);
            byte[] content = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            Check((int)response.StatusCode, content.Length);
        }
    }

    private static void Check(int status, long length)
    {
        if (status != 200 || length != 13)
        {
            throw new InvalidDataException($"The server answered {status} with {length} bytes.");
        }
    }
}
