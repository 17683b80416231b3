using System.Globalization;

namespace HotQuic.Diagnostics;

/// <summary>
/// One file of one connection, used by the writer's task only. It is created with its header by the first write, and may be
/// read while it grows.
/// </summary>
internal sealed class QlogFile
{
    private readonly string _name;
    private readonly byte[] _header;
    private FileStream? _stream;
    private bool _isAbandoned;

    /// <param name="name">Without the extension.</param>
    /// <param name="header">The header record, whole.</param>
    public QlogFile(string name, byte[] header)
    {
        _name = name;
        _header = header;
    }

    public void Write(string directory, ReadOnlySpan<byte> records)
    {
        if (_isAbandoned)
        {
            return;
        }

        if (_stream is null)
        {
            _stream = Create(directory);
            _stream.Write(_header);
        }

        _stream.Write(records);
    }

    public void Close()
    {
        _stream?.Dispose();
        _stream = null;
    }

    public void Abandon()
    {
        _isAbandoned = true;
        Close();
    }

    /// <summary>Clients choose the names, so another connection may have the same: its file is left alone.</summary>
    private FileStream Create(string directory)
    {
        for (int number = 1; ; number++)
        {
            string suffix = number == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"-{number}");
            string path = Path.Combine(directory, _name + suffix + ".sqlog");
            try
            {
                return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
            }
            catch (IOException) when (number < 1000 && File.Exists(path))
            {
            }
        }
    }
}
