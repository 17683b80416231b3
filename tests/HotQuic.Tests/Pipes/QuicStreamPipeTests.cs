using System.IO.Pipelines;
using System.Text;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Pipes;

/// <summary>One pair of pipes that serves one stream after another, and never two at a time.</summary>
public class QuicStreamPipeTests
{
    [Fact]
    public async Task OnePipeServesOneStreamAfterAnother()
    {
        await using Pair pair = await Pair.ConnectAsync();
        var pipe = new QuicStreamPipe();
        PipeReader? input = null;
        PipeWriter? output = null;
        for (int i = 0; i < 20; i++)
        {
            (QuicStream client, QuicStream server) = await pair.OpenAsync();
            pipe.Attach(server);
            Assert.Same(pipe.Input, server.Input);
            Assert.Same(input ??= pipe.Input, pipe.Input);
            Assert.Same(output ??= pipe.Output, pipe.Output);
            byte[] question = Encoding.ASCII.GetBytes($"question {i}{new string('.', i * 1000)}");
            await client.WriteAsync(question, completeWrites: true);
            Assert.Equal(question, await ReadToEndAsync(pipe.Input));
            await pipe.Output.WriteAsync(question);
            await pipe.Output.CompleteAsync();
            await pipe.Input.CompleteAsync();
            Assert.Equal(question, await ReadToEndAsync(client.Input));
            await server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
            await client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        }
    }

    /// <summary>Whoever kept the handle of a stream that is over gets nothing of the one that came after it.</summary>
    [Fact]
    public async Task AStreamThatWasDisposedOfDoesNotLeadToTheNext()
    {
        await using Pair pair = await Pair.ConnectAsync();
        var pipe = new QuicStreamPipe();
        (_, QuicStream first) = await pair.OpenAsync();
        pipe.Attach(first);
        await first.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        (QuicStream client, QuicStream second) = await pair.OpenAsync();
        pipe.Attach(second);
        Assert.Throws<ObjectDisposedException>(() => first.Input);
        Assert.Throws<ObjectDisposedException>(() => first.Output);
        await client.WriteAsync("second"u8.ToArray(), completeWrites: true);
        Assert.Equal("second"u8.ToArray(), await ReadToEndAsync(pipe.Input));
    }

    /// <summary>What is under way of the former stream ends as that stream does, and takes nothing from the next.</summary>
    [Fact]
    public async Task WhatIsUnderWayStaysWithItsStream()
    {
        await using Pair pair = await Pair.ConnectAsync();
        var pipe = new QuicStreamPipe();
        (QuicStream firstClient, QuicStream first) = await pair.OpenAsync();
        pipe.Attach(first);
        await firstClient.WriteAsync("held"u8.ToArray());
        PipeReader formerInput = pipe.Input;
        ReadResult held = await formerInput.ReadAsync().AsTask().WaitAsync(Pair.Patience);
        await first.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        (QuicStream client, QuicStream second) = await pair.OpenAsync();
        pipe.Attach(second);
        Assert.NotSame(formerInput, pipe.Input);
        await client.WriteAsync("second"u8.ToArray(), completeWrites: true);
        Assert.Equal("second"u8.ToArray(), await ReadToEndAsync(pipe.Input));
        Assert.Equal("held", Encoding.ASCII.GetString(held.Buffer));
        formerInput.AdvanceTo(held.Buffer.End);
    }

    [Fact]
    public async Task ItIsForOneStreamThatHasNoOtherPipes()
    {
        await using Pair pair = await Pair.ConnectAsync();
        var pipe = new QuicStreamPipe();
        Assert.Throws<InvalidOperationException>(() => pipe.Input);
        Assert.Throws<ArgumentNullException>(() => pipe.Attach(null!));
        (QuicStream client, QuicStream server) = await pair.OpenAsync(QuicStreamType.Unidirectional);
        pipe.Attach(server);
        Assert.Throws<InvalidOperationException>(() => pipe.Output);
        Assert.Throws<InvalidOperationException>(() => pipe.Attach(client));
        await server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Throws<ObjectDisposedException>(() => pipe.Attach(server));
        _ = client.Output;
        Assert.Throws<InvalidOperationException>(() => pipe.Attach(client));
    }

    private static async Task<byte[]> ReadToEndAsync(PipeReader input)
    {
        using var bytes = new MemoryStream();
        await input.CopyToAsync(bytes).WaitAsync(Pair.Patience);
        return bytes.ToArray();
    }
}
