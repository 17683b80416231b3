using System.Net;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Handlers;

/// <summary>What content on its way takes of the heap.</summary>
[Collection(nameof(AloneCollection))]
public sealed class UploadMemoryTests
{
    private const int Size = 128 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Content that comes in one piece waits for the server's flow control like any other, and is not copied whole.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ContentOfOnePieceIsNotCopiedWhole(bool hasLength)
    {
        TaskCompletionSource begun = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await connection.AcceptAsync();
            begun.SetResult();
        });
        using HttpClient client = new(new Http3Handler { SslOptions = ScriptedServer.Trust, EndPointCallback = _ => server.ClientOptions.RemoteEndPoint })
        {
            DefaultRequestVersion = HttpVersion.Version30,
        };
        using CancellationTokenSource cancellation = new();
        using ByteArrayContent content = new(new byte[Size]);
        using HttpRequestMessage request = new(HttpMethod.Post, server.Uri) { Version = HttpVersion.Version30, Content = hasLength ? content : new Unmeasured(content) };
        long before = GC.GetTotalMemory(forceFullCollection: true);

        Task<HttpResponseMessage> posting = client.SendAsync(request, cancellation.Token);
        await begun.Task.WaitAsync(Patience);

        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => posting.WaitAsync(Patience));
        Assert.True(taken < Size / 4, $"{taken:N0} bytes are taken by content of {Size:N0}.");
    }

    private sealed class Unmeasured(HttpContent inner) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => inner.CopyToAsync(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
