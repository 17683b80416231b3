using System.Collections.Concurrent;
using System.Threading.Channels;
using HotQuic.Core.Tls;

namespace HotQuic.Options;

/// <summary>
/// A key log in the NSS format, appended to a file. Handshakes only queue their lines; a task of the thread pool writes them. One
/// object a path, for the process's life.
/// </summary>
internal sealed class KeyLogFile : KeyLog
{
    private static readonly ConcurrentDictionary<string, KeyLogFile> Files = new(StringComparer.Ordinal);

    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly string _path;

    private KeyLogFile(string path)
    {
        _path = path;
        _ = Task.Run(WriteLinesAsync);
    }

    /// <summary>The log of a path; null where there is none.</summary>
    public static KeyLogFile? Open(string? path) =>
        string.IsNullOrEmpty(path) ? null : Files.GetOrAdd(System.IO.Path.GetFullPath(path), static full => new KeyLogFile(full));

    public override void Write(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret) =>
        _lines.Writer.TryWrite($"{label} {Convert.ToHexStringLower(clientRandom)} {Convert.ToHexStringLower(secret)}\n");

    private async Task WriteLinesAsync()
    {
        while (await _lines.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            try
            {
                while (_lines.Reader.TryRead(out string? line))
                {
                    await File.AppendAllTextAsync(_path, line).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A log that cannot be written must not disturb connections: the line is dropped.
            }
        }
    }
}
