using System.Security.Cryptography;
using System.Text;
using HotQuic.Interop.Tests.Sides;

namespace HotQuic.Interop.Tests.Protocols;

/// <summary>
/// As much of HTTP/3 (RFC 9114) and QPACK (RFC 9204) as a peer that speaks nothing else needs: an empty SETTINGS, field sections from the
/// static table, DATA.
/// The server does not decode requests: it answers a body with its digest,
/// and a request without one with as many bytes of the pattern as the test's work says. The client only downloads.
/// </summary>
internal sealed class MiniHttp3 : IApplicationProtocol
{
    private const long DataFrame = 0x00;
    private const long HeadersFrame = 0x01;
    private const byte ControlStreamType = 0x00;
    private const int DataFrameSize = 1 << 16;

    // RFC 9204 Appendix A, indexed (0xc0 | index) or as the name of a literal (0x50 | index).
    private const byte MethodGet = 0xc0 | 17;
    private const byte SchemeHttps = 0xc0 | 23;
    private const byte Status200 = 0xc0 | 25;
    private const byte AuthorityName = 0x50;
    private const byte PathName = 0x51;

    /// <summary>The stream type, then a SETTINGS frame (0x04) of no settings.</summary>
    private static readonly byte[] ControlStreamStart = [ControlStreamType, 0x04, 0x00];

    public static MiniHttp3 Instance { get; } = new();

    public string Alpn => "h3";

    public async Task<IReadOnlyDictionary<string, int>> FetchAsync(
        IHotQuicConnection connection, Work work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await OpenControlStreamAsync(connection, cancellationToken);
        Task ignoring = IgnorePeerStreamsAsync(connection, done.Token);
        IReadOnlyDictionary<string, int> digests = await work.CountDigestsAsync(async index =>
        {
            SideStream stream = await connection.OpenStreamAsync(StreamKind.Bidirectional, cancellationToken);
            await using Stream data = stream.Data;
            await data.WriteAsync(Request(index), cancellationToken);
            stream.CompleteWrites();
            return (await ReadMessageAsync(data, cancellationToken)).Digest;
        });
        await done.CancelAsync();
        await ignoring.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return digests;
    }

    public async Task ServeAsync(IHotQuicConnection connection, Work work, CancellationToken cancellationToken)
    {
        await OpenControlStreamAsync(connection, cancellationToken);
        List<Task> exchanges = [];
        try
        {
            while (await connection.AcceptStreamAsync(cancellationToken) is { } stream)
            {
                bool isRequest = stream.Kind == StreamKind.Bidirectional;
                exchanges.Add(isRequest ? AnswerAsync(stream, work, cancellationToken) : IgnoreAsync(stream.Data, cancellationToken));
            }
        }
        finally
        {
            await Task.WhenAll(exchanges); // what went wrong there matters more than how the loop ended
        }
    }

    private static async Task OpenControlStreamAsync(IHotQuicConnection connection, CancellationToken cancellationToken)
    {
        SideStream control = await connection.OpenStreamAsync(StreamKind.Unidirectional, cancellationToken);
        await control.Data.WriteAsync(ControlStreamStart, cancellationToken); // RFC 9114 §6.2.1: it must stay open
    }

    private static async Task IgnorePeerStreamsAsync(IHotQuicConnection connection, CancellationToken cancellationToken)
    {
        List<Task> ignored = [];
        while (await connection.AcceptStreamAsync(cancellationToken) is { } stream)
        {
            ignored.Add(IgnoreAsync(stream.Data, cancellationToken));
        }

        await Task.WhenAll(ignored);
    }

    /// <summary>Reads a control or QPACK stream, which lives as long as the connection and ends with it in whatever way.</summary>
    private static Task IgnoreAsync(Stream stream, CancellationToken cancellationToken)
    {
        return stream.CopyToAsync(Stream.Null, cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    private static async Task AnswerAsync(SideStream stream, Work work, CancellationToken cancellationToken)
    {
        await using Stream data = stream.Data;
        Message request = await ReadMessageAsync(data, cancellationToken);
        await data.WriteAsync(Frame(HeadersFrame, [0, 0, Status200]), cancellationToken);
        if (request.Length > 0)
        {
            await data.WriteAsync(Frame(DataFrame, Encoding.ASCII.GetBytes(request.Digest)), cancellationToken);
        }
        else
        {
            for (int offset = 0; offset < work.Bytes; offset += DataFrameSize)
            {
                byte[] piece = new byte[Math.Min(DataFrameSize, work.Bytes - offset)];
                Pattern.Fill(piece, offset);
                await data.WriteAsync(Frame(DataFrame, piece), cancellationToken);
            }
        }

        stream.CompleteWrites();
    }

    private static byte[] Request(int stream)
    {
        string path = "/" + TestFiles.DocumentName(stream);
        return Frame(HeadersFrame, [0, 0, MethodGet, SchemeHttps, .. Literal(AuthorityName, "localhost"), .. Literal(PathName, path)]);
    }

    /// <summary>RFC 9204 §4.5.4: a literal field line with a name reference to the static table, its value not Huffman-coded.</summary>
    private static byte[] Literal(byte name, string value) => [name, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] Frame(long type, ReadOnlySpan<byte> payload) => [(byte)type, .. VarInt(payload.Length), .. payload];

    /// <summary>Always in four bytes, which RFC 9000 §16 allows.</summary>
    private static byte[] VarInt(int value) => [(byte)(0x80 | (value >> 24)), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    /// <summary>Reads frames to the end of the stream and hashes what the DATA frames carry.</summary>
    private static async Task<Message> ReadMessageAsync(Stream stream, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[DataFrameSize];
        long length = 0;
        while (await TryReadVarIntAsync(stream, cancellationToken) is { } type)
        {
            long left = await TryReadVarIntAsync(stream, cancellationToken)
                ?? throw new EndOfStreamException("A frame's header is cut short.");
            while (left > 0)
            {
                Memory<byte> part = piece.AsMemory(0, (int)Math.Min(left, piece.Length));
                await stream.ReadExactlyAsync(part, cancellationToken);
                left -= part.Length;
                if (type == DataFrame)
                {
                    hash.AppendData(part.Span);
                    length += part.Length;
                }
            }
        }

        return new Message(length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static async Task<long?> TryReadVarIntAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[8];
        if (await stream.ReadAsync(bytes.AsMemory(0, 1), cancellationToken) == 0)
        {
            return null;
        }

        int size = 1 << (bytes[0] >> 6);
        await stream.ReadExactlyAsync(bytes.AsMemory(1, size - 1), cancellationToken);
        long value = bytes[0] & 0x3f;
        foreach (byte next in bytes.AsSpan(1, size - 1))
        {
            value = (value << 8) | next;
        }

        return value;
    }

    private readonly record struct Message(long Length, string Digest);
}
