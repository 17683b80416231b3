namespace HotQuic.Tools.Tests.EndToEnd;

/// <summary>Beside other tests, since it waits for nearly all of its time.</summary>
public sealed class KilledServerTests : IDisposable
{
    private readonly ServedFiles _temporary = new();

    public void Dispose() => _temporary.Dispose();

    /// <summary>The client cannot know of the kill, only that nothing comes: it gives up after its idle timeout, 30 seconds.</summary>
    [Fact]
    public async Task AServerThatIsKilledLeavesNoPartOfAFile()
    {
        ToolProcess serve = _temporary.Serve();
        using ToolProcess get = _temporary.StartHuge(await ServedFiles.UrlOf(serve));
        await _temporary.FileBeginsAsync();

        serve.Dispose();

        Assert.Contains("idle timeout", await get.ReadErrorAsync(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, await get.WaitForExitAsync());
        Assert.Empty(Directory.GetFileSystemEntries(_temporary.In("got")));
    }
}
