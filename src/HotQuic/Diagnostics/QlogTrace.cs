using System.Text.Json;
using HotQuic.Core.Time;

namespace HotQuic.Diagnostics;

/// <summary>
/// The records of one connection on their way to its file: <see cref="Open"/> once, then per record <see cref="TryBegin"/>,
/// the fields of its data on the JSON writer, and <see cref="End"/>; at last <see cref="Dispose"/>. Full blocks go to the file
/// writer; those that it refuses are lost and counted, and the last record says how many events that were. One caller at a
/// time.
/// </summary>
internal sealed class QlogTrace : IDisposable
{
    private const byte RecordSeparator = 0x1e;

    // What somebody who reads the growing file may be behind a busy connection.
    private static readonly TimeSpan MaxBlockAge = TimeSpan.FromSeconds(1);

    private readonly QlogFileWriter _files;
    private readonly Utf8JsonWriter _json;
    private QlogBlock _block = new();
    private QlogFile? _file;
    private Instant _openedAt;
    private Instant _lastAt;
    private Instant _blockSince;
    private bool _isDisposed;

    public QlogTrace(QlogFileWriter files)
    {
        _files = files;
        _json = new Utf8JsonWriter(_block, QlogJson.Options);
    }

    /// <summary>Events that are missing from the file.</summary>
    public long Dropped { get; private set; }

    /// <summary>Times are written relative to the given one.</summary>
    public void Open(QlogFile file, Instant at)
    {
        _file = file;
        _openedAt = at;
        _blockSince = at;
    }

    /// <summary>Begins an event up to its data; false where the trace is not open, or complete.</summary>
    public bool TryBegin(Instant at, ReadOnlySpan<byte> name, out Utf8JsonWriter json)
    {
        json = _json;
        if (_file is null || _isDisposed)
        {
            return false;
        }

        _lastAt = at;
        _block.Append(RecordSeparator);
        _json.Reset(_block);
        _json.WriteStartObject();
        _json.WriteNumber("time"u8, (at - _openedAt).TotalMilliseconds);
        _json.WriteString("name"u8, name);
        _json.WriteStartObject("data"u8);
        return true;
    }

    public void End()
    {
        EndRecord();
        if (_block.IsFull || _lastAt - _blockSince >= MaxBlockAge)
        {
            HandOver();
        }
    }

    /// <summary>The file is complete: whatever is begun later is ignored.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        if (_file is null)
        {
            _block.Dispose();
        }
        else
        {
            WriteDropped();
            _files.Finish(_file, _block);
        }

        _isDisposed = true;
        _json.Dispose();
    }

    private void EndRecord()
    {
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        _block.Append((byte)'\n');
        _block.Records++;
    }

    private void HandOver()
    {
        _blockSince = _lastAt;
        if (_files.TryWrite(_file!, _block))
        {
            _block = new QlogBlock();
        }
        else
        {
            Dropped += _block.Records;
            _block.Clear();
        }
    }

    private void WriteDropped()
    {
        if (Dropped == 0 || !TryBegin(_lastAt, "loglevel:warning"u8, out Utf8JsonWriter json))
        {
            return;
        }

        json.WriteString("message"u8, "Events are missing here and there: the disk was slower than the connection."u8);
        json.WriteNumber("dropped"u8, Dropped);
        EndRecord();
    }
}
