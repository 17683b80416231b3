using System.Collections.Concurrent;
using System.Text;
using HotQuic.Core.Tls;

namespace HotQuic.Diagnostics;

/// <summary>
/// A key log file in the NSS format, which packet analysers read: one line a secret, label, client random and secret in hex.
/// Whoever reads the file reads the connections, so it is created for its owner alone, and only where the application asks.
/// Serves any number of connections on any threads. Each line is one write at the end of the file as it then is, and not
/// buffered: an analyser may follow, and another endpoint may write to the same file.
/// </summary>
internal sealed class KeyLogFile : KeyLog, IDisposable
{
    /// <summary>The variable by which programs agree on a file.</summary>
    public const string EnvironmentVariable = "SSLKEYLOGFILE";

    private const int MaxSecretLength = 64;

    // Static: two instances may share a file, and a line goes to its end.
    private static readonly Lock Gate = new();

    private static readonly ConcurrentDictionary<string, KeyLogFile> Opened = new(StringComparer.Ordinal);

    private readonly FileStream _stream;
    private bool _isBroken;
    private bool _isDisposed;

    /// <param name="path">Appended to where it exists.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public KeyLogFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        _stream = new FileStream(path, options);
    }

    /// <summary>The log of a path, one for the life of the process, which nobody disposes; null where no path is given.</summary>
    public static KeyLogFile? Open(string? path) =>
        string.IsNullOrEmpty(path) ? null : Opened.GetOrAdd(Path.GetFullPath(path), static full => new KeyLogFile(full));

    /// <summary>The file that SSLKEYLOGFILE names; null where the variable is not set.</summary>
    public static KeyLogFile? FromEnvironment() => Open(Environment.GetEnvironmentVariable(EnvironmentVariable));

    /// <summary>A disk that fails ends the log, never a connection.</summary>
    public override void Write(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(secret.Length, MaxSecretLength, nameof(secret));
        Span<byte> line = stackalloc byte[256];
        int length = Encoding.ASCII.GetBytes(label, line);
        length += AppendHex(line[length..], clientRandom);
        length += AppendHex(line[length..], secret);
        line[length++] = (byte)'\n';
        lock (Gate)
        {
            if (_isBroken || _isDisposed)
            {
                return;
            }

            try
            {
                if (_stream.CanSeek)
                {
                    _stream.Seek(0, SeekOrigin.End);
                }

                _stream.Write(line[..length]);
            }
            catch (IOException)
            {
                _isBroken = true;
            }
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            _isDisposed = true;
            _stream.Dispose();
        }
    }

    private static int AppendHex(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        destination[0] = (byte)' ';
        _ = Convert.TryToHexStringLower(bytes, destination[1..], out int length);
        return 1 + length;
    }
}
