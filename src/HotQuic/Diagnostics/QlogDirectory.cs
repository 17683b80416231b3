using System.Collections.Concurrent;
using System.Globalization;
using HotQuic.Core.Connections;
using HotQuic.Core.Events;

namespace HotQuic.Diagnostics;

/// <summary>
/// A directory that gets one qlog file for each connection, <c>&lt;original destination connection ID&gt;_&lt;role&gt;.sqlog</c>.
/// Made once an engine; <see cref="CreateSink"/> is the endpoint's sink factory; from any thread. Disposing, which the exit of
/// the process does too, completes the files of connections that still live.
/// </summary>
internal sealed class QlogDirectory : IDisposable
{
    /// <summary>Blocks of 16 KiB that may wait for the disk, of all connections together.</summary>
    private const int DefaultQueueLength = 256;

    private const int MaxFilesOfOneName = 1000;

    private static readonly Dictionary<string, QlogDirectory> Opened = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<QlogSink, bool> _sinks = new();
    private readonly QlogFileWriter _files;
    private readonly TimeProvider _clock;
    private long _droppedEvents;
    private int _isDisposed;

    /// <param name="path">Created where it does not exist.</param>
    /// <param name="clock">For the wall clock time in the header; the system's by default.</param>
    /// <param name="queueLength">Blocks that may wait for the disk, at least one.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The directory cannot be created.</exception>
    public QlogDirectory(string path, TimeProvider? clock = null, int queueLength = DefaultQueueLength)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(queueLength, 1);
        Directory.CreateDirectory(path);
        _clock = clock ?? TimeProvider.System;
        _files = new QlogFileWriter(name => CreateFile(path, name), queueLength);
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>The directory of a path, one for the life of the process, which nobody disposes.</summary>
    /// <exception cref="IOException">The directory cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be created.</exception>
    public static QlogDirectory Open(string path)
    {
        string full = Path.GetFullPath(path);
        lock (Opened)
        {
            if (!Opened.TryGetValue(full, out QlogDirectory? directory))
            {
                directory = new QlogDirectory(full);
                Opened.Add(full, directory);
            }

            return directory;
        }
    }

    /// <summary>Events that the disk was too slow for, of the connections that have ended.</summary>
    public long DroppedEvents => Interlocked.Read(ref _droppedEvents);

    /// <summary>Files that could not be created or written to the end.</summary>
    public long FailedFiles => _files.FailedFiles;

    /// <summary>Connections whose files still grow.</summary>
    public int OpenFiles => _sinks.Count;

    internal DateTimeOffset UtcNow => _clock.GetUtcNow();

    /// <summary>The sink of a new connection; null once the directory is disposed.</summary>
    public ConnectionEventSink? CreateSink(Connection connection)
    {
        if (Volatile.Read(ref _isDisposed) != 0)
        {
            return null;
        }

        var sink = new QlogSink(connection, this, new QlogTrace(_files));
        _sinks.TryAdd(sink, true);
        if (Volatile.Read(ref _isDisposed) == 0)
        {
            return sink;
        }

        // Disposed meanwhile, perhaps without having seen this one.
        sink.Finish();
        return null;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        foreach (QlogSink sink in _sinks.Keys)
        {
            sink.Finish();
        }

        _files.Dispose();
    }

    internal void OnFinished(QlogSink sink, long dropped)
    {
        if (_sinks.TryRemove(sink, out _))
        {
            Interlocked.Add(ref _droppedEvents, dropped);
        }
    }

    /// <summary>Clients choose the names, so another connection may have the same: its file is left alone.</summary>
    private static FileStream CreateFile(string directory, string name)
    {
        for (int number = 1; ; number++)
        {
            string suffix = number == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"-{number}");
            string path = Path.Combine(directory, name + suffix + ".sqlog");
            try
            {
                return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
            }
            catch (IOException) when (number < MaxFilesOfOneName && File.Exists(path))
            {
                // The name is taken: the next number.
            }
        }
    }

    private void OnProcessExit(object? sender, EventArgs e) => Dispose();
}
