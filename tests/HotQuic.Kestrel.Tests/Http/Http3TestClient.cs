using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>
/// As much of an HTTP/3 client (RFC 9114) as the tests need: requests whose field sections come from QPACK's static table and literals,
/// answers whose status is understood and whose other fields are kept as bytes.
/// </summary>
internal sealed class Http3TestClient : IAsyncDisposable
{
    /// <summary>The stream's type, and SETTINGS that permit WebTransport and its datagrams (0x2b603742 and 0xffd277).</summary>
    private static readonly byte[] ControlStreamStart = [0x00, 0x04, 0x0a, 0xab, 0x60, 0x37, 0x42, 0x01, 0x80, 0xff, 0xd2, 0x77, 0x01];

    private readonly CancellationTokenSource _ended = new();
    private readonly Task _listening;
    private readonly QuicStream _control;
    private readonly string _host;

    private Http3TestClient(QuicConnection connection, QuicStream control, string host)
    {
        Connection = connection;
        _control = control;
        _host = host;
        _listening = ListenAsync();
    }

    public QuicConnection Connection { get; }

    /// <summary>The stream ID that the server's GOAWAY frame names (RFC 9114 §5.2).</summary>
    public TaskCompletionSource<long> GoAway { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<Http3TestClient> ConnectAsync(
        IPEndPoint server, string host = "localhost", X509Certificate2? certificate = null, TimeSpan idleTimeout = default)
    {
        QuicConnection connection = await QuicConnection.ConnectAsync(new QuicClientConnectionOptions
        {
            RemoteEndPoint = server,
            IdleTimeout = idleTimeout,
            DefaultCloseErrorCode = 0x100,
            DefaultStreamErrorCode = 0x10c,
            MaxInboundUnidirectionalStreams = 10,
            ClientAuthenticationOptions = new()
            {
                ApplicationProtocols = [SslApplicationProtocol.Http3],
                TargetHost = host,
                ClientCertificates = certificate is null ? null : [certificate],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            },
        }).OrFail();
        QuicStream control = await connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).OrFail();
        await control.WriteAsync(ControlStreamStart).OrFail();
        return new Http3TestClient(connection, control, host);
    }

    /// <summary>A HEADERS frame that asks for a path.</summary>
    public static byte[] RequestHeaders(string method, string path, string host = "localhost")
    {
        // RFC 9204 Appendix A: 17 is GET, 20 is POST, 23 is https; 0 and 1 are the names :authority and :path.
        byte[] section = [0, 0, (byte)(0xc0 | (method == "GET" ? 17 : 20)), 0xc0 | 23, .. Literal(0, host), .. Literal(1, path)];
        return [0x01, .. VarInt(section.Length), .. section];
    }

    public static byte[] DataHeader(long length) => [0x00, .. VarInt(length)];

    /// <summary>Always in eight bytes, which RFC 9000 §16 allows.</summary>
    public static byte[] VarInt(long value)
    {
        byte[] bytes = BitConverter.GetBytes(IPAddress.HostToNetworkOrder(value));
        bytes[0] |= 0xc0;
        return bytes;
    }

    /// <summary>RFC 9204 §4.5.4: a literal with a name of the static table, not Huffman-coded, shorter than 127 bytes.</summary>
    public static byte[] Literal(int name, string value) => [(byte)(0x50 | name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    /// <summary>RFC 9204 §4.5.6: a literal with a name of its own, 7 to 133 bytes long.</summary>
    public static byte[] Literal(string name, string value) =>
        [0x27, (byte)(name.Length - 7), .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    public Task<Http3Answer> GetAsync(string path) => SendAsync("GET", path, default);

    public async Task<Http3Answer> SendAsync(string method, string path, ReadOnlyMemory<byte> body)
    {
        await using QuicStream stream = await OpenAsync();
        await stream.WriteAsync(RequestHeaders(method, path, _host), completeWrites: body.IsEmpty).OrFail();
        if (!body.IsEmpty)
        {
            await stream.WriteAsync(DataHeader(body.Length)).OrFail();
            await stream.WriteAsync(body, completeWrites: true).OrFail();
        }

        return await ReadAnswerAsync(stream);
    }

    public Task<QuicStream> OpenAsync() => Connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).OrFail();

    /// <summary>Reads frames to the end of the stream.</summary>
    public static async Task<Http3Answer> ReadAnswerAsync(QuicStream stream)
    {
        int status = 0;
        byte[] fields = [];
        using var body = new MemoryStream();
        while (await ReadFrameAsync(stream) is { } frame)
        {
            switch (frame.Type)
            {
                case 0x00:
                    body.Write(frame.Payload);
                    break;
                case 0x01 when status == 0:
                    fields = frame.Payload;
                    status = StatusOf(fields);
                    break;
                default:
                    break;
            }
        }

        return new Http3Answer(status, fields, body.ToArray());
    }

    /// <summary>Reads one frame; null at the end of the stream.</summary>
    public static async Task<Http3Frame?> ReadFrameAsync(Stream stream)
    {
        if (await ReadVarIntAsync(stream) is not { } type)
        {
            return null;
        }

        byte[] payload = new byte[await ReadVarIntAsync(stream) ?? throw new EndOfStreamException()];
        await stream.ReadExactlyAsync(payload).OrFail();
        return new Http3Frame(type, payload);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Connection.DisposeAsync().OrFail();
        await _control.DisposeAsync().OrFail();
        _ended.Dispose();
    }

    private static async Task<long?> ReadVarIntAsync(Stream stream)
    {
        byte[] bytes = new byte[8];
        if (await stream.ReadAsync(bytes.AsMemory(0, 1)).OrFail() == 0)
        {
            return null;
        }

        int size = 1 << (bytes[0] >> 6);
        await stream.ReadExactlyAsync(bytes.AsMemory(1, size - 1)).OrFail();
        long value = bytes[0] & 0x3f;
        for (int i = 1; i < size; i++)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }

    /// <summary>The first field line is the status: indexed, or a literal with a name of the static table.</summary>
    private static int StatusOf(byte[] section)
    {
        byte first = section[2];
        if (first == 0xff)
        {
            // An index of 63 and what follows (RFC 9204 §4.1.1).
            return (63 + section[3]) switch { 63 => 100, 64 => 204, 65 => 206, 66 => 302, 67 => 400, 68 => 403, 69 => 421, 70 => 425, 71 => 500, _ => -1 };
        }

        if ((first & 0xc0) == 0xc0)
        {
            return (first & 0x3f) switch { 24 => 103, 25 => 200, 26 => 304, 27 => 404, 28 => 503, _ => -1 };
        }

        int start = (first & 0x0f) == 0x0f ? 4 : 3;
        return int.Parse(Encoding.ASCII.GetString(section, start + 1, section[start] & 0x7f), System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task ListenAsync()
    {
        List<Task> reading = [];
        while (!_ended.IsCancellationRequested)
        {
            reading.Add(ReadInboundAsync(await Connection.AcceptInboundStreamAsync(_ended.Token)));
        }
    }

    /// <summary>The control stream, of which only GOAWAY matters, and QPACK's streams, which stay empty.</summary>
    private async Task ReadInboundAsync(QuicStream stream)
    {
        byte[] type = new byte[1];
        if (await stream.ReadAsync(type, _ended.Token) == 1 && type[0] == 0)
        {
            while (true)
            {
                if (await stream.ReadAsync(type, _ended.Token) == 0)
                {
                    return;
                }

                byte[] length = new byte[1];
                await stream.ReadExactlyAsync(length, _ended.Token);
                byte[] payload = new byte[length[0]];
                await stream.ReadExactlyAsync(payload, _ended.Token);
                if (type[0] == 0x07)
                {
                    long id = payload[0] & 0x3f;
                    foreach (byte next in payload.AsSpan(1))
                    {
                        id = (id << 8) | next;
                    }

                    GoAway.TrySetResult(id);
                }
            }
        }
    }
}

/// <summary>What a server answered.</summary>
internal sealed record Http3Answer(int Status, byte[] Fields, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>One frame (RFC 9114 §7.1).</summary>
internal sealed record Http3Frame(long Type, byte[] Payload);
