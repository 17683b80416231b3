using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using HotQuic.Tests.Engine;

#pragma warning disable CA2012 // Value tasks are held, and misused: that is the point.

namespace HotQuic.Tests.Streams;

/// <summary>Where and with what context the code after an await goes on, and what comes of value tasks that are misused.</summary>
public class AwaitingTests
{
    private const string ShardThread = "HotQuic shard";

    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public async Task ByDefaultNothingGoesOnOnAShard()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(server: options => options.Transport.SendBufferSize = 1000);
        for (int i = 0; i < 100; i++)
        {
            Assert.DoesNotContain(ShardThread, await NextReadThreadAsync(pair), StringComparison.Ordinal);
        }

        // The same for all else that a shard completes.
        Task<string> afterWrite = ThreadAfterAsync(pair.Server.WriteAsync(new byte[100_000]));
        Task<string> afterEnd = ThreadAfterAsync(new ValueTask(pair.Client.ReadsClosed));
        await pair.Client.ReadExactlyAsync(new byte[100_000]).AsTask().WaitAsync(Pair.Patience);
        pair.Server.CompleteWrites();
        Assert.Equal(0, await pair.Client.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        Task<string> afterDisposal = ThreadAfterAsync(pair.Client.DisposeAsync());
        await pair.Server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        foreach (Task<string> thread in new[] { afterWrite, afterEnd, afterDisposal })
        {
            Assert.DoesNotContain(ShardThread, await thread.WaitAsync(Pair.Patience), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ReadsGoOnOnTheShardWhereThatIsWanted()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.CompletesInline = true);
        for (int i = 0; i < 100; i++)
        {
            Assert.StartsWith(ShardThread, await NextReadThreadAsync(pair), StringComparison.Ordinal);
        }
    }

    /// <summary>On the shard the stream can be used as elsewhere; only a blocking call is refused, since it would wait for itself.</summary>
    [Fact]
    public async Task ReadsThatGoOnOnTheShardMayReadAndWriteAgain()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.CompletesInline = true);
        Task<Exception?> echo = EchoInlineAsync(pair.Client);
        byte[] buffer = new byte[10];
        for (int i = 0; i < 100; i++)
        {
            await pair.Server.WriteAsync(Ten);
            await pair.Server.ReadExactlyAsync(buffer).AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(Ten, buffer);
        }

        pair.Server.CompleteWrites();
        Assert.IsType<InvalidOperationException>(await echo.WaitAsync(Pair.Patience));
    }

    /// <summary>One who is on the shard stays there, whatever operation of a stream he awaits, and each is complete in the same turn or later, never at once.</summary>
    [Fact]
    public async Task EveryOperationOfAStreamGoesOnOnTheShardWhereThatIsWanted()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(
            server: options => options.Transport.CompletesInline = true,
            client: options => options.Transport.CompletesInline = true);
        Task<List<string>> answering = AnswerAsync(pair.Connections.Server);
        Task<List<string>> asking = AskAfterReadAsync(pair);
        await pair.Server.WriteAsync(new byte[1]);

        Assert.All(await asking.WaitAsync(Pair.Patience), thread => Assert.StartsWith(ShardThread, thread, StringComparison.Ordinal));
        List<string> answered = await answering.WaitAsync(Pair.Patience);
        Assert.All(answered.Skip(1), thread => Assert.StartsWith(ShardThread, thread, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ACapturedContextIsHonouredAndConfigureAwaitToo()
    {
        foreach (bool inline in new[] { false, true })
        {
            await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.CompletesInline = inline);
            using var context = new SingleThreadContext();
            Task<(Thread Captured, Thread Free)> reading = context.RunAsync(async () =>
            {
                byte[] buffer = new byte[1];
                Assert.Equal(1, await pair.Client.ReadAsync(buffer));
                Thread captured = Thread.CurrentThread;
                Assert.Equal(1, await pair.Client.ReadAsync(buffer).ConfigureAwait(false));
                return (captured, Thread.CurrentThread);
            });
            await context.Idle().WaitAsync(Pair.Patience);
            await pair.Server.WriteAsync(new byte[1]);
            await context.Posted.WaitAsync(Pair.Patience);
            await context.Idle().WaitAsync(Pair.Patience);
            await pair.Server.WriteAsync(new byte[1]);
            (Thread captured, Thread free) = await reading.WaitAsync(Pair.Patience);
            Assert.Same(context.Thread, captured);
            Assert.NotSame(context.Thread, free);
        }
    }

    [Fact]
    public async Task AmbientValuesFlow()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        var ambient = new AsyncLocal<int>();
        Task[] readers = [ReadAsync(pair.Client, 1), ReadAsync(pair.Server, 2)];
        ambient.Value = 3;
        for (int i = 0; i < 2; i++)
        {
            await pair.Server.WriteAsync(Ten);
            await pair.Client.WriteAsync(Ten);
        }

        await Task.WhenAll(readers).WaitAsync(Pair.Patience);
        Assert.Equal(3, ambient.Value);

        async Task ReadAsync(QuicStream stream, int value)
        {
            ambient.Value = value;
            await stream.ReadExactlyAsync(new byte[10]);
            Assert.Equal(value, ambient.Value);
            int count = await stream.ReadAsync(new byte[10]).ConfigureAwait(false);
            Assert.InRange(count, 1, 10);
            Assert.Equal(value, ambient.Value);
        }
    }

    [Fact]
    public async Task AValueTaskAwaitedTwiceThrowsAndHarmsNothing()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await pair.Server.WriteAsync(Ten);
        ValueTask<int> read = pair.Client.ReadAsync(new byte[1]);
        Assert.Equal(1, await read);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await read);
        ValueTask write = pair.Client.WriteAsync(Ten);
        await write;
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await write);
        Task<int> next = pair.Client.ReadAsync(new byte[20]).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await read);
        Assert.Throws<InvalidOperationException>(() => read.AsTask().GetAwaiter().GetResult());
        Assert.Equal(9, await next.WaitAsync(Pair.Patience));
        ValueTask<QuicStream> opening = pair.Connections.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await using QuicStream opened = await opening;
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await opening);
        await opened.WriteAsync(Ten);
    }

    [Fact]
    public async Task AValueTaskAskedBeforeItIsCompleteThrowsAndCompletesAllTheSame()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        byte[] buffer = new byte[10];
        ValueTask<int> read = pair.Client.ReadAsync(buffer);
        Assert.Throws<InvalidOperationException>(() => read.GetAwaiter().GetResult());
        Task<int> reading = read.AsTask();
        Assert.Throws<InvalidOperationException>(() => read.GetAwaiter().OnCompleted(() => { }));
        await pair.Server.WriteAsync(Ten);
        Assert.Equal(10, await reading.WaitAsync(Pair.Patience));
        Assert.Equal(Ten, buffer);
    }

    /// <summary>Once a read has ended, makes requests one after the other, and gives the threads on which it went on.</summary>
    private static async Task<List<string>> AskAfterReadAsync(StreamPair pair)
    {
        List<string> names = [];
        byte[] buffer = new byte[100];
        Assert.Equal(1, await pair.Client.ReadAsync(buffer).ConfigureAwait(false));
        for (int i = 0; i < 10; i++)
        {
            QuicStream stream = await pair.Connections.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).ConfigureAwait(false);
            names.Add(Thread.CurrentThread.Name ?? "");
            await stream.WriteAsync(Ten, completeWrites: true).ConfigureAwait(false);
            names.Add(Thread.CurrentThread.Name ?? "");
            while (await stream.ReadAsync(buffer).ConfigureAwait(false) > 0)
            {
                names.Add(Thread.CurrentThread.Name ?? "");
            }

            await stream.DisposeAsync().ConfigureAwait(false);
            names.Add(Thread.CurrentThread.Name ?? "");
        }

        return names;
    }

    /// <summary>Answers ten requests, and gives the threads on which it took them.</summary>
    private static async Task<List<string>> AnswerAsync(QuicConnection connection)
    {
        List<string> names = [];
        byte[] buffer = new byte[100];
        for (int i = 0; i < 10; i++)
        {
            await using QuicStream stream = await connection.AcceptInboundStreamAsync().ConfigureAwait(false);
            names.Add(Thread.CurrentThread.Name ?? "");
            while (await stream.ReadAsync(buffer).ConfigureAwait(false) > 0)
            {
            }

            await stream.WriteAsync(Ten, completeWrites: true).ConfigureAwait(false);
        }

        return names;
    }

    [Fact]
    public async Task ADisposalAwaitedTwiceThrowsAndHarmsNothing()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        pair.Server.CompleteWrites();
        ValueTask disposal = pair.Client.DisposeAsync();
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        await disposal;
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await disposal);
        ValueTask next = pair.Server.DisposeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await disposal);
        await next.AsTask().WaitAsync(Pair.Patience);
    }
    /// <summary>The thread on which a read goes on that waited before its data came.</summary>
    private static async Task<string> NextReadThreadAsync(StreamPair pair)
    {
        var thread = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter awaiter = pair.Client.ReadAsync(new byte[1]).ConfigureAwait(false).GetAwaiter();
        Assert.False(awaiter.IsCompleted);
        awaiter.UnsafeOnCompleted(() => thread.SetResult(Thread.CurrentThread.Name ?? ""));
        await pair.Server.WriteAsync(new byte[1]);
        string name = await thread.Task.WaitAsync(Pair.Patience);
        Assert.Equal(1, awaiter.GetResult());
        return name;
    }

    /// <summary>The thread on which an operation goes on that is not complete yet.</summary>
    private static Task<string> ThreadAfterAsync(ValueTask operation)
    {
        var thread = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter awaiter = operation.ConfigureAwait(false).GetAwaiter();
        Assert.False(awaiter.IsCompleted);
        awaiter.UnsafeOnCompleted(() =>
        {
            awaiter.GetResult();
            thread.SetResult(Thread.CurrentThread.Name ?? "");
        });
        return thread.Task;
    }

    /// <summary>Gives what a blocking read on the shard throws.</summary>
    private static async Task<Exception?> EchoInlineAsync(QuicStream stream)
    {
        byte[] buffer = new byte[10];
        int read;
        Exception? refusal = null;
        while ((read = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            if (Thread.CurrentThread.Name?.StartsWith(ShardThread, StringComparison.Ordinal) == true)
            {
                refusal ??= Record.Exception(() => stream.ReadByte());
            }

            await stream.WriteAsync(buffer.AsMemory(0, read)).ConfigureAwait(false);
        }

        return refusal;
    }

    /// <summary>A context whose posts run on a thread of its own.</summary>
    private sealed class SingleThreadContext : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _posts = [];
        private readonly TaskCompletionSource _posted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public SingleThreadContext()
        {
            Thread = new Thread(Run) { IsBackground = true, Name = "context" };
            Thread.Start();
        }

        public Thread Thread { get; }

        /// <summary>Completes when something came beside what the test itself runs.</summary>
        public Task Posted => _posted.Task;

        public override void Post(SendOrPostCallback d, object? state)
        {
            if (Interlocked.Increment(ref _count) > 2)
            {
                _posted.TrySetResult();
            }

            _posts.Add((d, state));
        }

        public Task<T> RunAsync<T>(Func<Task<T>> action)
        {
            var result = new TaskCompletionSource<Task<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
            Post(_ => result.SetResult(action()), null);
            return result.Task.Unwrap();
        }

        /// <summary>Completes when all that was posted before has run.</summary>
        public Task Idle()
        {
            var idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Post(_ => idle.SetResult(), null);
            return idle.Task;
        }

        public void Dispose()
        {
            _posts.CompleteAdding();
            Thread.Join();
            _posts.Dispose();
        }

        private void Run()
        {
            SetSynchronizationContext(this);
            foreach ((SendOrPostCallback callback, object? state) in _posts.GetConsumingEnumerable())
            {
                callback(state);
            }
        }
    }
}
