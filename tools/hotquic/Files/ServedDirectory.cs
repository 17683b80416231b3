using Microsoft.Win32.SafeHandles;

namespace HotQuic.Tools.Files;

/// <summary>
/// The one directory that a server may read: <see cref="TryOpen"/> takes the path of a request as the peer sent it. No file outside the
/// directory is ever opened: not by "..", encoded or not, not by an absolute path, and not by a link that leads out.
/// </summary>
internal sealed class ServedDirectory
{
    private const string Index = "index.html";

    private readonly string _root;
    private readonly string _prefix;

    /// <summary>Serves this directory.</summary>
    /// <exception cref="CommandException">It is no directory.</exception>
    public ServedDirectory(string path)
    {
        if (!Directory.Exists(path) || RealPath.Resolve(path) is not { } root)
        {
            throw new CommandException($"'{path}' is not a directory.");
        }

        _root = root;
        _prefix = root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar;
    }

    /// <summary>Opens the file of a request, or the index of a directory; null when there is none to serve, whatever the reason.</summary>
    /// <param name="requestPath">Begins with "/", percent-encoded, one character a byte; a query is ignored.</param>
    public Stream? TryOpen(string requestPath)
    {
        if (RequestPath.Parse(requestPath) is not { } names)
        {
            return null;
        }

        try
        {
            return Open(Path.Combine([_root, .. names]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private Stream? Open(string path)
    {
        string? real = RealPath.Resolve(path);
        if (real is not null && Directory.Exists(real))
        {
            real = RealPath.Resolve(Path.Combine(real, Index));
        }

        if (real is null || !IsWithin(real) || !File.Exists(real))
        {
            return null;
        }

        // Pipes and devices are empty files to a directory's reader; opening one could wait for ever, so no empty file is opened.
        if (new FileInfo(real).Length == 0)
        {
            return Stream.Null;
        }

        SafeFileHandle handle = File.OpenHandle(
            real, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        if (LeadsWithin(handle))
        {
            return new FileStream(handle, FileAccess.Read, bufferSize: 0, isAsync: true);
        }

        handle.Dispose();
        return null;
    }

    private bool IsWithin(string real) => real.StartsWith(_prefix, StringComparison.Ordinal);

    /// <summary>Where the system can tell: what was opened is still within, though someone may have put a link there meanwhile.</summary>
    private bool LeadsWithin(SafeFileHandle handle) =>
        !OperatingSystem.IsLinux()
        || (new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget is { } opened && IsWithin(opened));
}
