using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using HotQuic.Streams;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>What several threads do to one stream, in orders that chance brings rarely and these tests bring always.</summary>
public sealed class RareOrderTests
{
    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    /// <summary>CompleteWrites overtakes a write that another thread has begun: the write is refused, and the peer still learns of the end.</summary>
    [Fact]
    public async Task CompletingWritesBeforeAWriteThatHasBegunEndsTheStream()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        StreamHalf writing = pair.Client.Driver.Writing;
        Assert.True(writing.TryBegin(pair.Client.Generation, pair.Client));
        pair.Client.CompleteWrites();
        ValueTask write = writing.BeginWrite(Ten, endsStream: false, CancellationToken.None);
        pair.Client.PostPipe(StreamMessageKind.Write);
        await Assert.ThrowsAsync<InvalidOperationException>(() => write.AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        pair.Server.CompleteWrites();
        await pair.Client.WritesClosed.WaitAsync(Pair.Patience);
    }

    /// <summary>S16: how the reading side ended stays with the handle, though the result of a write is taken long after both sides have ended.</summary>
    [Fact]
    public async Task S16_AWriteWhoseResultIsTakenLastChangesNothingOfHowReadingEnded()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.SendBufferSize = 1000);
        AwaitedStream state = pair.Client.Driver;
        uint generation = state.Generation;
        var taken = new TaskCompletionSource();
        Task writing = TakeLaterAsync(pair.Client, taken.Task);
        await pair.Client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await pair.Server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        taken.SetResult();
        await writing.WaitAsync(Pair.Patience);
        Assert.True(SpinWait.SpinUntil(() => state.Generation != generation, Pair.Patience));
        foreach (Task closed in new[] { pair.Client.ReadsClosed, pair.Client.WritesClosed })
        {
            QuicException failure = await Assert.ThrowsAsync<QuicException>(() => closed.WaitAsync(Pair.Patience));
            Assert.Equal(QuicError.OperationAborted, failure.QuicError);
        }

        static async Task TakeLaterAsync(QuicStream stream, Task taken)
        {
            ConfiguredValueTaskAwaitable write = stream.WriteAsync(new byte[1_000_000]).ConfigureAwait(false);
            await taken.ConfigureAwait(false);
            await Assert.ThrowsAsync<QuicException>(async () => await write);
        }
    }

    /// <summary>A reader of Input that never waits sees what comes, also where the stream's own method read in between.</summary>
    [Fact]
    public async Task TryReadSeesWhatComesAfterTheStreamsOwnRead()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        Assert.False(pair.Server.Input.TryRead(out _));
        await pair.Client.WriteAsync(Ten);
        await pair.Server.ReadExactlyAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience);
        await pair.Client.WriteAsync(Ten);
        ReadResult result = default;
        Assert.True(SpinWait.SpinUntil(() => pair.Server.Input.TryRead(out result), TimeSpan.FromSeconds(5)), "TryRead sees nothing.");
        pair.Server.Input.AdvanceTo(result.Buffer.End);
    }
}
