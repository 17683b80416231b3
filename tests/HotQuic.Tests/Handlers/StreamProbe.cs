using System.Buffers;
using System.Threading.Channels;

namespace HotQuic.Tests.Handlers;

/// <summary>What a stream's handler may do with data: the bytes consumed.</summary>
internal delegate int DataHandler(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd);

/// <summary>A stream's handler that a test scripts, and that notes what happened. One stream each.</summary>
internal sealed class StreamProbe : QuicStreamHandler
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _received = new();

    public DataHandler? Data { get; set; }

    public Action<QuicStreamHandle>? Writable { get; set; }

    public Action<QuicStreamHandle, long>? ReadingAborted { get; set; }

    public Action<QuicStreamHandle, long>? WritingAborted { get; set; }

    public Action<QuicStreamHandle>? Acknowledged { get; set; }

    public Action<QuicStreamHandle>? Closed { get; set; }

    /// <summary>Everything that was consumed; to be looked at once it has ended.</summary>
    public byte[] Received => _received.WrittenSpan.ToArray();

    public Task WhenEnded => _ended.Task.WaitAsync(HandlerPair.Patience);

    public Task WhenClosed => _closed.Task.WaitAsync(HandlerPair.Patience);

    /// <summary>The next call that came, in words; data calls as their length, with "end" where they told it.</summary>
    public async ValueTask<string> NextAsync()
    {
        using var patience = new CancellationTokenSource(HandlerPair.Patience);
        return await _events.Reader.ReadAsync(patience.Token);
    }

    public bool HasNext => _events.Reader.TryPeek(out _);

    public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        Note(isEnd ? $"data {data.Length} end" : $"data {data.Length}");
        int consumed = Data?.Invoke(stream, data, isEnd) ?? data.Length;
        _received.Write(data[..Math.Clamp(consumed, 0, data.Length)]);
        if (isEnd && consumed == data.Length)
        {
            _ended.TrySetResult();
        }

        return consumed;
    }

    public override void OnWritable(QuicStreamHandle stream)
    {
        Note("writable");
        Writable?.Invoke(stream);
    }

    public override void OnWritesAcknowledged(QuicStreamHandle stream)
    {
        Note("acknowledged");
        Acknowledged?.Invoke(stream);
    }

    public override void OnReadingAborted(QuicStreamHandle stream, long errorCode)
    {
        Note($"reading aborted {errorCode}");
        ReadingAborted?.Invoke(stream, errorCode);
    }

    public override void OnWritingAborted(QuicStreamHandle stream, long errorCode)
    {
        Note($"writing aborted {errorCode}");
        WritingAborted?.Invoke(stream, errorCode);
    }

    public override void OnClosed(QuicStreamHandle stream)
    {
        Note("closed");
        _closed.TrySetResult();
        Closed?.Invoke(stream);
    }

    private void Note(string text) => _events.Writer.TryWrite(text);
}
