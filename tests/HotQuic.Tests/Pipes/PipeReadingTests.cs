using System.IO.Pipelines;
using HotQuic.Core.Streams;
using HotQuic.Errors;
using HotQuic.Streams;

namespace HotQuic.Tests.Pipes;

/// <summary>What the shard shows a pipe's reader, where the connection's end comes between.</summary>
public sealed class PipeReadingTests
{
    [Fact]
    public void AReaderThatHasHoldFindsWhatWasPublishedBeforeTheEnd()
    {
        PipeReading state = new(generation: 1);
        byte[] chunk = new byte[100];
        Assert.Equal(PipeEntry.Entered, state.TryEnter(1));
        state.Attach(0);
        state.Append(new LentPiece(chunk, 0, 0));
        state.Publish(10, isFinal: false);
        Assert.True(state.Revoke(Failure.ReadingAborted)); // the reader has hold, and has not looked yet
        Assert.Equal(10UL, state.Published.Offset);
        Assert.Same(chunk, state.First.Chunk);
        Assert.True(state.Leave());
    }

    /// <summary>The end comes between the reader's look at what there is and its wait: nobody else would end that.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AWaitThatBeginsAfterTheEndEndsItself(bool isDisposed)
    {
        PipeReading state = new(generation: 1) { CompletesInline = true };
        state.Attach(0);
        Assert.Equal(PipeEntry.Entered, state.TryEnter(1));
        if (isDisposed)
        {
            Assert.False(state.TryRecycle(1));
        }
        else
        {
            Assert.True(state.Revoke(Failure.ReadingAborted));
        }

        state.Want(null!, from: 0, count: 1);
        ValueTask<ReadResult> wait = state.BeginWait(CancellationToken.None);
        Assert.True(state.IsOver);
        Assert.False(state.TryEndWait());
        Assert.True(wait.IsCompleted);
    }
}
