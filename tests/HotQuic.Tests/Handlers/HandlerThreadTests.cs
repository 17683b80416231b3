using System.Collections.Concurrent;

namespace HotQuic.Tests.Handlers;

/// <summary>Which threads may do what.</summary>
public sealed class HandlerThreadTests
{
    [Fact]
    public async Task MembersOfHandlesBelongToTheShard()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync();
        QuicStreamHandle stream = await pair.OpenAsync(new StreamProbe());
        QuicConnectionHandle connection = pair.ClientConnection;

        Assert.True(stream.IsValid);
        Assert.True(connection.IsValid);
        Assert.Throws<InvalidOperationException>(() => stream.Id);
        Assert.Throws<InvalidOperationException>(() => stream.State);
        Assert.Throws<InvalidOperationException>(() => stream.Connection);
        Assert.Throws<InvalidOperationException>(() => stream.WritableBytes);
        Assert.Throws<InvalidOperationException>(() => stream.Write([1]));
        Assert.Throws<InvalidOperationException>(() => stream.CompleteWrites());
        Assert.Throws<InvalidOperationException>(() => stream.Abort(QuicAbortDirection.Both, 0));
        Assert.Throws<InvalidOperationException>(() => stream.PauseReading());
        Assert.Throws<InvalidOperationException>(() => stream.ResumeReading());
        Assert.Throws<InvalidOperationException>(() => connection.State);
        Assert.Throws<InvalidOperationException>(() => connection.RemoteEndPoint);
        Assert.Throws<InvalidOperationException>(() => connection.GetStatistics());
        Assert.Throws<InvalidOperationException>(() => connection.UpdateKeys());
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => connection.Close(0));
        Assert.Contains("Post", thrown.Message);
    }

    [Fact]
    public async Task PostsOfEachThreadArriveInTheirOrder()
    {
        const int posters = 8;
        const int each = 5000;
        var received = new List<(int Poster, int Number)>(posters * each);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using HandlerPair pair = await HandlerPair.ConnectAsync();
        pair.Client.Message = (_, message) =>
        {
            received.Add(((int, int))message!);
            if (received.Count == posters * each)
            {
                all.SetResult();
            }
        };

        Thread[] threads = [.. Enumerable.Range(0, posters).Select(poster => new Thread(() => Post(pair.ClientConnection, poster, each)))];
        Array.ForEach(threads, thread => thread.Start());
        await all.Task.WaitAsync(HandlerPair.Patience);

        for (int poster = 0; poster < posters; poster++)
        {
            Assert.Equal(Enumerable.Range(0, each), received.Where(item => item.Poster == poster).Select(item => item.Number));
        }

        Array.ForEach(threads, thread => thread.Join());

        static void Post(QuicConnectionHandle connection, int poster, int count)
        {
            for (int i = 0; i < count; i++)
            {
                connection.Post((poster, i));
            }
        }
    }

    [Fact]
    public async Task EveryCallOfAConnectionIsOnOneThread()
    {
        var threads = new ConcurrentDictionary<int, bool>();
        await using HandlerPair pair = await HandlerPair.ConnectAsync(server: probe =>
        {
            probe.Connected = _ => Note();
            probe.Message = (_, _) => Note();
            probe.Stream = (_, _) =>
            {
                Note();
                return new StreamProbe { Data = (stream, data, isEnd) => NoteAnd(stream.Write(data, isEnd)), Closed = _ => Note() };
            };
        });
        pair.ServerConnection.Post("from the test's thread");
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);
        await pair.OnClientAsync(() => stream.Write([1], completeWrites: true));
        await client.WhenClosed;
        await pair.OnServerAsync(Note);

        Assert.Single(threads);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads.Keys);

        void Note() => threads[Environment.CurrentManagedThreadId] = true;

        int NoteAnd(int value)
        {
            Note();
            return value;
        }
    }

    [Fact]
    public async Task NoCallComesInsideAnother()
    {
        int depth = 0;
        int deepest = 0;
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            server: probe => probe.Stream = (_, stream) => Inside(() =>
            {
                stream.PauseReading();
                stream.ResumeReading();
                return new StreamProbe
                {
                    Data = (each, data, isEnd) => Inside(() =>
                    {
                        each.Abort(QuicAbortDirection.Write, 1);
                        each.Connection.Post("more");
                        return 0;
                    }) + data.Length,
                    Closed = _ => Inside(() => 0),
                };
            }),
            client: probe => probe.Message = (connection, message) => Inside(() => connection.Post(message)));
        var client = new StreamProbe();
        QuicStreamHandle stream = await pair.OpenAsync(client);

        await pair.OnClientAsync(() => stream.Write([1], completeWrites: true));
        await client.WhenClosed;

        Assert.Equal(1, deepest);

        T Inside<T>(Func<T> action)
        {
            deepest = Math.Max(deepest, ++depth);
            T result = action();
            depth--;
            return result;
        }
    }
}
