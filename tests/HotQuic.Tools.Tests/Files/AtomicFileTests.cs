using System.Diagnostics;
using HotQuic.Tools.Files;

namespace HotQuic.Tools.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task ACommittedFileIsThereWholeAndAlone()
    {
        await AtomicFile.WriteTextAsync(_temporary.In("file"), "content", CancellationToken.None);

        Assert.Equal("content", File.ReadAllText(_temporary.In("file")));
        Assert.Single(Directory.GetFiles(_temporary.Root));
    }

    [Fact]
    public async Task BeforeTheCommitTheOldContentStands()
    {
        _temporary.Write("file", "old");
        await using AtomicFile file = AtomicFile.Create(_temporary.In("file"));
        await file.Stream.WriteAsync("new"u8.ToArray());
        await file.Stream.FlushAsync();

        Assert.Equal("old", File.ReadAllText(_temporary.In("file")));
        file.Commit();
        Assert.Equal("new", File.ReadAllText(_temporary.In("file")));
    }

    [Fact]
    public async Task WithoutACommitNothingIsLeft()
    {
        await using (AtomicFile file = AtomicFile.Create(_temporary.In("file")))
        {
            await file.Stream.WriteAsync(new byte[100_000]);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_temporary.Root));
    }

    [Fact]
    public async Task ACommitThatFailsLeavesNothing()
    {
        await using (AtomicFile file = AtomicFile.Create(_temporary.In("file")))
        {
            Directory.CreateDirectory(_temporary.In("file/occupied"));
            Assert.ThrowsAny<Exception>(file.Commit);
        }

        Assert.Empty(Directory.GetFiles(_temporary.Root));
    }

    [Fact]
    public async Task WhatCannotBeWrittenIsSaidBeforehand()
    {
        Directory.CreateDirectory(_temporary.In("directory"));
        foreach (string name in (string[])["directory", "no/such/file"])
        {
            CommandException e = await Assert.ThrowsAsync<CommandException>(() => AtomicFile.CheckAsync(_temporary.In(name)).AsTask());
            Assert.StartsWith($"'{_temporary.In(name)}' cannot be written: ", e.Message, StringComparison.Ordinal);
        }

        await AtomicFile.CheckAsync(_temporary.In("file"));
        Assert.Empty(Directory.GetFiles(_temporary.Root));
    }

    [Fact]
    public async Task ANameMayBeAsLongAsTheSystemAllows()
    {
        string name = new('n', 255);

        await AtomicFile.WriteTextAsync(_temporary.In(name), "content", CancellationToken.None);

        Assert.True(File.Exists(_temporary.In(name)));
    }

    /// <summary>An administrator's report to /dev/null must not put a file in its place; a named pipe's reader waits for what comes through it.</summary>
    [Fact]
    public async Task APipeStaysAPipeAndGetsTheContent()
    {
        string pipe = _temporary.In("pipe");
        using Process make = Process.Start("mkfifo", [pipe]);
        await make.WaitForExitAsync();
        await AtomicFile.CheckAsync(pipe);
        Task<string> reading = Task.Run(() => File.ReadAllText(pipe));

        await AtomicFile.WriteTextAsync(pipe, "content", CancellationToken.None);

        Assert.Equal("content", await reading);
        Assert.True(SpecialFile.Is(pipe));
        Assert.Single(Directory.GetFileSystemEntries(_temporary.Root));
    }

    [Fact]
    public void DevicesAreToldFromFilesAndDirectories()
    {
        Assert.True(SpecialFile.Is("/dev/null"));
        Assert.False(SpecialFile.Is(_temporary.Root));
        Assert.False(SpecialFile.Is(_temporary.Write("file", "content")));
        Assert.False(SpecialFile.Is(_temporary.In("nothing")));
    }
}
