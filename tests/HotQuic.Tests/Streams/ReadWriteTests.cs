using System.Buffers;
using System.Runtime.InteropServices;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>Reads and writes that are awaited: what they wait for, what they give, and which may be under way together.</summary>
public class ReadWriteTests
{
    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public async Task AReadOfNothingWaitsForDataAndTakesNone()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        for (int round = 0; round < 3; round++)
        {
            Task<int> waiting = pair.Client.ReadAsync(Memory<byte>.Empty).AsTask();
            Assert.False(waiting.IsCompleted);
            await pair.Server.WriteAsync(Ten);
            Assert.Equal(0, await waiting.WaitAsync(Pair.Patience));

            // With data there it need not wait, and still takes none.
            Assert.Equal(0, await pair.Client.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(Pair.Patience));
            byte[] buffer = new byte[10];
            await pair.Client.ReadExactlyAsync(buffer).AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(Ten, buffer);
        }
    }

    [Fact]
    public async Task AReadOfNothingIsOverAtTheEnd()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        Task<int> waiting = pair.Client.ReadAsync(Memory<byte>.Empty).AsTask();
        pair.Server.CompleteWrites();
        Assert.Equal(0, await waiting.WaitAsync(Pair.Patience));
        Assert.Equal(0, await pair.Client.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(Pair.Patience));
        Assert.True(pair.Client.ReadsClosed.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task AfterTheEndEveryReadGivesNothing()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await pair.Server.WriteAsync(Ten, completeWrites: true);
        using var received = new MemoryStream();
        await pair.Client.CopyToAsync(received).WaitAsync(Pair.Patience);
        Assert.Equal(Ten, received.ToArray());
        byte[] buffer = new byte[10];
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(0, await pair.Client.ReadAsync(buffer));
            Assert.Equal(0, pair.Client.Read(buffer));
            Assert.Equal(-1, pair.Client.ReadByte());
        }

        await Assert.ThrowsAsync<EndOfStreamException>(async () => await pair.Client.ReadExactlyAsync(buffer));
    }

    [Fact]
    public async Task AWriteOfNothingIsDoneEvenWhereNothingFits()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.SendBufferSize = 1);
        await pair.Client.WriteAsync(ReadOnlyMemory<byte>.Empty).AsTask().WaitAsync(Pair.Patience);
        await pair.Client.WriteAsync(ReadOnlyMemory<byte>.Empty, completeWrites: true).AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task ReadingExactlyAndAtLeastPutPiecesTogether()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        byte[] buffer = new byte[25];
        Task exactly = pair.Client.ReadExactlyAsync(buffer, 0, 15).AsTask();
        await pair.Server.WriteAsync(Ten);
        await pair.Server.WriteAsync(Ten);
        await exactly.WaitAsync(Pair.Patience);
        Assert.Equal([.. Ten, .. Ten[..5]], buffer[..15]);
        Task<int> atLeast = pair.Client.ReadAtLeastAsync(buffer, 8).AsTask();
        await pair.Server.WriteAsync(Ten, completeWrites: true);
        int count = await atLeast.WaitAsync(Pair.Patience);
        Assert.InRange(count, 8, 15);
        Assert.Equal(15 - count, await pair.Client.ReadAtLeastAsync(buffer, 20, throwOnEndOfStream: false).AsTask().WaitAsync(Pair.Patience));
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await pair.Client.ReadAtLeastAsync(buffer, 1));
    }

    [Fact]
    public async Task ASecondReadOrWriteIsRefusedAndTheFirstGoesOn()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.SendBufferSize = 1000);
        byte[] buffer = new byte[10];
        Task<int> reading = pair.Client.ReadAsync(buffer).AsTask();
        Task writing = pair.Client.WriteAsync(new byte[200_000]).AsTask();
        Assert.False(writing.IsCompleted);
        InvalidOperationException read = Assert.Throws<InvalidOperationException>(() => { _ = pair.Client.ReadAsync(buffer).AsTask(); });
        InvalidOperationException write = Assert.Throws<InvalidOperationException>(() => { _ = pair.Client.WriteAsync(Ten).AsTask(); });
        Assert.Contains("A read is under way", read.Message, StringComparison.Ordinal);
        Assert.Contains("A write is under way", write.Message, StringComparison.Ordinal);
        await pair.Server.WriteAsync(Ten);
        Assert.Equal(10, await reading.WaitAsync(Pair.Patience));
        Assert.Equal(Ten, buffer);
        await pair.Server.ReadExactlyAsync(new byte[200_000]).AsTask().WaitAsync(Pair.Patience);
        await writing.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task ReadsAndWritesDoNotWaitForOneAnother()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        byte[] buffer = new byte[10];
        for (int i = 0; i < 100; i++)
        {
            Task<int> reading = pair.Client.ReadAsync(buffer).AsTask();
            await pair.Client.WriteAsync(Ten).AsTask().WaitAsync(Pair.Patience);
            await pair.Server.ReadExactlyAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience);
            Assert.False(reading.IsCompleted);
            await pair.Server.WriteAsync(new byte[1]);
            Assert.Equal(1, await reading.WaitAsync(Pair.Patience));
        }
    }

    [Fact]
    public async Task MemoryThatIsNoArrayServes()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        using var native = new NativeMemoryManager(100_000);
        new Random(3).NextBytes(native.GetSpan());
        byte[] expected = native.GetSpan().ToArray();
        Task writing = pair.Server.WriteAsync(native.Memory, completeWrites: true).AsTask();
        using var target = new NativeMemoryManager(100_000);
        int read = 0;
        while (read < 100_000)
        {
            int count = await pair.Client.ReadAsync(target.Memory[read..]).AsTask().WaitAsync(Pair.Patience);
            Assert.NotEqual(0, count);
            read += count;
        }

        await writing.WaitAsync(Pair.Patience);
        Assert.Equal(expected, target.GetSpan().ToArray());
    }

    [Fact]
    public async Task OnlyTheBytesReadAreTouched()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        byte[] buffer = [.. Enumerable.Repeat((byte)0xee, 30)];
        Task<int> reading = pair.Client.ReadAsync(buffer, 10, 10);
        await pair.Server.WriteAsync(Ten.AsMemory(0, 4));
        Assert.Equal(4, await reading.WaitAsync(Pair.Patience));
        Assert.Equal([.. Enumerable.Repeat((byte)0xee, 10), 0, 1, 2, 3, .. Enumerable.Repeat((byte)0xee, 16)], buffer);
    }

    /// <summary>Bytes outside the managed heap.</summary>
    private sealed unsafe class NativeMemoryManager(int length) : MemoryManager<byte>
    {
        private readonly byte* _memory = (byte*)NativeMemory.AllocZeroed((nuint)length);

        public override Span<byte> GetSpan() => new(_memory, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(_memory + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => NativeMemory.Free(_memory);
    }
}
