using System.Threading.Channels;

namespace HotQuic.Diagnostics;

/// <summary>
/// Writes the blocks of all sinks to their files, on a task of its own, so that no shard ever waits for a disk. The queue is
/// bounded: <see cref="TryWrite"/> refuses a block when it is full, and the sink drops and counts those events. The end of a
/// file is never refused. A file that cannot be written is given up and counted; nothing is thrown at the sinks.
/// </summary>
internal sealed class QlogFileWriter : IDisposable
{
    private readonly Func<string, Stream> _create;
    private readonly Channel<Work> _queue;
    private readonly Task _run;
    private long _failedFiles;

    /// <param name="create">Makes the stream of a new file from its name; an IOException gives the file up.</param>
    /// <param name="queueLength">Blocks that may wait.</param>
    public QlogFileWriter(Func<string, Stream> create, int queueLength)
    {
        _create = create;
        _queue = Channel.CreateBounded<Work>(new BoundedChannelOptions(queueLength) { SingleReader = true });
        _run = Task.Run(RunAsync);
    }

    /// <summary>Files that could not be created or written to the end.</summary>
    public long FailedFiles => Interlocked.Read(ref _failedFiles);

    /// <summary>True where the writer took the block, and will dispose it.</summary>
    public bool TryWrite(QlogFile file, QlogBlock block) => _queue.Writer.TryWrite(new Work(file, block, IsEnd: false));

    /// <summary>The last block of a file, in its turn: where the queue is full it waits behind it, without making the caller wait.</summary>
    public void Finish(QlogFile file, QlogBlock block) => Enqueue(new Work(file, block, IsEnd: true));

    /// <summary>Writes everything that was handed over, and ends.</summary>
    public void Dispose()
    {
        Enqueue(default);
        _run.Wait();
    }

    private void Enqueue(Work work) => _ = _queue.Writer.WriteAsync(work).AsTask();

    private async Task RunAsync()
    {
        await foreach (Work work in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (work.File is null)
            {
                return;
            }

            Perform(work.File, work);
        }
    }

    private void Perform(QlogFile file, in Work work)
    {
        try
        {
            file.Write(_create, work.Block.Written);
            if (work.IsEnd)
            {
                file.Close();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file.Abandon();
            Interlocked.Increment(ref _failedFiles);
        }
        finally
        {
            work.Block.Dispose();
        }
    }

    /// <summary>Default: the end of all work.</summary>
    private readonly record struct Work(QlogFile? File, QlogBlock Block, bool IsEnd);
}
