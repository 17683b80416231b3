namespace HotQuic.Diagnostics;

/// <summary>
/// One file of one connection, used by the writer's task only: created with its header by the first write.
/// </summary>
internal sealed class QlogFile
{
    private readonly string _name;
    private readonly byte[] _header;
    private Stream? _stream;
    private bool _isAbandoned;

    /// <param name="name">Without the extension.</param>
    /// <param name="header">The header record, whole.</param>
    public QlogFile(string name, byte[] header)
    {
        _name = name;
        _header = header;
    }

    /// <param name="create">Makes the stream of a new file from its name.</param>
    /// <param name="records">Whole records.</param>
    public void Write(Func<string, Stream> create, ReadOnlySpan<byte> records)
    {
        if (_isAbandoned)
        {
            return;
        }

        if (_stream is null)
        {
            _stream = create(_name);
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
}
