using System.Globalization;
using System.Text;
using HotQuic.Interop.Tests.Sides;

namespace HotQuic.Interop.Tests.Protocols;

/// <summary>The protocol of our own four peers: see tests/peers/README.md.</summary>
internal sealed class HqInterop : IApplicationProtocol
{
    private const int LongestRequestLine = 64;

    public static HqInterop Instance { get; } = new();

    public string Alpn => "hq-interop";

    public Task<IReadOnlyDictionary<string, int>> FetchAsync(IHotQuicConnection connection, Work work, CancellationToken cancellationToken)
    {
        return work.CountDigestsAsync(async _ =>
        {
            SideStream stream = await connection.OpenStreamAsync(StreamKind.Bidirectional, cancellationToken);
            await using Stream data = stream.Data;
            return work.Kind == WorkKind.Download
                ? await DownloadAsync(stream, work.Bytes, cancellationToken)
                : await UploadAsync(stream, work.Bytes, cancellationToken);
        });
    }

    public async Task ServeAsync(IHotQuicConnection connection, Work work, CancellationToken cancellationToken)
    {
        List<Task> answers = [];
        try
        {
            while (await connection.AcceptStreamAsync(cancellationToken) is { } stream)
            {
                answers.Add(AnswerAsync(stream, cancellationToken));
            }
        }
        finally
        {
            await Task.WhenAll(answers); // what went wrong there matters more than how the loop ended
        }
    }

    private static async Task<string> DownloadAsync(SideStream stream, int count, CancellationToken cancellationToken)
    {
        await stream.Data.WriteAsync(Encoding.ASCII.GetBytes($"GET /{count}\r\n"), cancellationToken);
        stream.CompleteWrites();
        return await Transfers.DigestToEndAsync(stream.Data, cancellationToken);
    }

    private static async Task<string> UploadAsync(SideStream stream, int count, CancellationToken cancellationToken)
    {
        await stream.Data.WriteAsync(Encoding.ASCII.GetBytes($"PUT /{count}\r\n"), cancellationToken);
        await Transfers.WritePatternAsync(stream.Data, count, cancellationToken);
        stream.CompleteWrites();
        using StreamReader reader = new(stream.Data, Encoding.ASCII, false, -1, leaveOpen: true);
        return (await reader.ReadToEndAsync(cancellationToken)).Trim();
    }

    private static async Task AnswerAsync(SideStream stream, CancellationToken cancellationToken)
    {
        await using Stream data = stream.Data;
        string[] request = (await ReadRequestLineAsync(data, cancellationToken)).Split(" /");
        int count = int.Parse(request[1], CultureInfo.InvariantCulture);
        if (request[0] == "GET")
        {
            await Transfers.WritePatternAsync(data, count, cancellationToken);
        }
        else
        {
            string digest = await Transfers.DigestToEndAsync(data, cancellationToken);
            await data.WriteAsync(Encoding.ASCII.GetBytes(digest + "\n"), cancellationToken);
        }

        stream.CompleteWrites();
    }

    /// <summary>Reads byte by byte: what follows the line is the body.</summary>
    private static async Task<string> ReadRequestLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] line = new byte[LongestRequestLine];
        for (int length = 0; length < line.Length; length++)
        {
            await stream.ReadExactlyAsync(line.AsMemory(length, 1), cancellationToken);
            if (line[length] == '\n')
            {
                return Encoding.ASCII.GetString(line, 0, length).TrimEnd('\r');
            }
        }

        throw new InvalidDataException("The request line is too long.");
    }
}
