using System.Security.Cryptography;

namespace WebApp;

/// <summary>Downloads of any size, and uploads, which are answered with their SHA-256.</summary>
internal static class Transfers
{
    public const long MaxUpload = 1L << 30;

    private const int PieceSize = 64 << 10;

    public static void Map(WebApplication app)
    {
        app.MapGet("/download/{bytes:long:min(0)}", DownloadAsync);
        app.MapPost("/upload", async (HttpRequest request, CancellationToken cancellationToken) =>
            Convert.ToHexStringLower(await SHA256.HashDataAsync(request.Body, cancellationToken)) + "\n");
    }

    private static async Task DownloadAsync(long bytes, HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "application/octet-stream";
        response.ContentLength = bytes;
        while (bytes > 0)
        {
            Memory<byte> memory = response.BodyWriter.GetMemory(PieceSize);
            int count = (int)Math.Min(bytes, memory.Length);
            memory.Span[..count].Clear();
            response.BodyWriter.Advance(count);
            bytes -= count;
            if ((await response.BodyWriter.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }
}
