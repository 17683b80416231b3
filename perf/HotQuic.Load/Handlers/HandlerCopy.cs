using System.Diagnostics;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Handlers;

/// <summary>
/// Works one copy in the calls of its streams: <see cref="Begin"/> once, on the shard of the connection; <see cref="Ended"/> from anywhere.
/// It handles one stream after the other, and nothing of one that it is done with concerns it.
/// </summary>
internal abstract class HandlerCopy(LoadCopy copy) : QuicStreamHandler
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HandlerConnection? _connection;

    /// <summary>Ends with the copy, and fails with it.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What is sent: all zeros, in pieces of this size.</summary>
    protected static byte[] Content { get; } = new byte[PerfProtocol.BulkBufferSize];

    /// <summary>The account.</summary>
    protected LoadCopy Copy => copy;

    /// <summary>When the operation began that is under way.</summary>
    protected long Start { get; set; }

    /// <summary>What works the copy of a scenario.</summary>
    public static HandlerCopy For(LoadCopy copy) => copy.Kind switch
    {
        ScenarioKind.Upload => new UploadCopy(copy),
        ScenarioKind.Download => new DownloadCopy(copy),
        _ => new RequestCopy(copy),
    };

    /// <summary>Starts with the first stream.</summary>
    public void Begin(HandlerConnection connection)
    {
        _connection = connection;
        OpenNext();
    }

    /// <summary>The stream is there that was asked for.</summary>
    public abstract void OnOpened(QuicStreamHandle stream);

    /// <summary>Ends the copy before its time, unless it has ended.</summary>
    public void Fail(Exception exception) => _ended.TrySetException(exception);

    public override void OnReadingAborted(QuicStreamHandle stream, long errorCode) => Fail(Aborted(errorCode));

    public override void OnWritingAborted(QuicStreamHandle stream, long errorCode) => Fail(Aborted(errorCode));

    /// <summary>Begins an operation with a stream of its own.</summary>
    protected void OpenNext()
    {
        Start = Stopwatch.GetTimestamp();
        _connection!.Open(this);
    }

    /// <summary>The copy is over.</summary>
    protected void End() => _ended.TrySetResult();

    private static InvalidDataException Aborted(long errorCode) => new($"The server aborted a stream with error code {errorCode}.");
}
