using System.Text;

namespace HotQuic.Tools.Files;

/// <summary>
/// A file that appears whole or not at all: write to <see cref="Stream"/>, which is a temporary file beside the target, then
/// <see cref="Commit"/> to put it in the target's place. Disposing without that removes it. What is no file, such as /dev/null or a named pipe,
/// stays what it is and is written as it goes.
/// </summary>
internal sealed class AtomicFile : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Null where the target itself is written.</summary>
    private readonly string? _temporary;
    private readonly string _target;
    private readonly FileStream _stream;
    private bool _committed;

    private AtomicFile(string target, string? temporary)
    {
        _target = target;
        _temporary = temporary;
        _stream = new(temporary ?? target, new FileStreamOptions
        {
            Mode = temporary is null ? FileMode.Open : FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = temporary is null ? FileShare.ReadWrite : FileShare.None,
            BufferSize = BufferSize,
            Options = FileOptions.Asynchronous,
        });
    }

    /// <summary>Where to write.</summary>
    public Stream Stream => _stream;

    /// <summary>Begins a file. Its directory must exist.</summary>
    /// <exception cref="CommandException">There can be no such file.</exception>
    public static AtomicFile Create(string target)
    {
        string full = Path.GetFullPath(target);
        if (Directory.Exists(full))
        {
            throw new CommandException($"'{target}' cannot be written: it is a directory.");
        }

        try
        {
            bool isSpecial = SpecialFile.Is(full);
            return new(full, isSpecial ? null : Path.Combine(Path.GetDirectoryName(full) ?? full, $".hotquic-{Guid.NewGuid():N}.part"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"'{target}' cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Throws now what <see cref="Create"/> would, for whoever has long work to do before there is something to write.</summary>
    /// <exception cref="CommandException">There can be no such file.</exception>
    public static ValueTask CheckAsync(string target) =>
        SpecialFile.Is(Path.GetFullPath(target)) ? ValueTask.CompletedTask : Create(target).DisposeAsync();

    /// <summary>Writes all that a stream gives, and puts the file in the target's place.</summary>
    /// <param name="source">Read to its end.</param>
    /// <param name="onBytes">Is told how many bytes were written, piece by piece.</param>
    /// <param name="cancellation">Leaves no file.</param>
    public async Task CommitFromAsync(Stream source, Action<int> onBytes, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferSize];
        int read;
        while ((read = await source.ReadAsync(buffer, cancellation)) > 0)
        {
            await _stream.WriteAsync(buffer.AsMemory(0, read), cancellation);
            onBytes(read);
        }

        Commit();
    }

    /// <summary>Writes a whole text file.</summary>
    public static async Task WriteTextAsync(string target, string text, CancellationToken cancellation)
    {
        await using AtomicFile file = Create(target);
        await file.Stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
        file.Commit();
    }

    /// <summary>Puts what was written on disk and in the target's place, over what was there.</summary>
    public void Commit()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        if (_temporary is not null)
        {
            File.Move(_temporary, _target, overwrite: true);
        }

        _committed = true;
    }

    /// <summary>Removes what was not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _stream.DisposeAsync();
        }
        finally
        {
            if (!_committed && _temporary is not null)
            {
                File.Delete(_temporary);
            }
        }
    }
}
