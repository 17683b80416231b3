using System.Security.Cryptography;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>Much data, in large and in tiny pieces.</summary>
public class BulkTests
{
    [Fact]
    public async Task AHundredThousandWritesOfOneByteArriveInOrder()
    {
        const int count = 100_000;
        await using StreamPair pair = await StreamPair.OpenAsync(QuicStreamType.Unidirectional);
        Task<int> reading = CheckAsync(pair.Server);
        byte[] one = new byte[1];
        for (int i = 0; i < count; i++)
        {
            one[0] = (byte)(i % 251);
            await pair.Client.WriteAsync(one);
        }

        pair.Client.CompleteWrites();
        Assert.Equal(count, await reading.WaitAsync(Pair.Patience));

        static async Task<int> CheckAsync(QuicStream stream)
        {
            byte[] buffer = new byte[1000];
            int total = 0;
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                for (int i = 0; i < read; i++)
                {
                    Assert.Equal((byte)((total + i) % 251), buffer[i]);
                }

                total += read;
            }

            return total;
        }
    }

    /// <summary>The send buffer holds 20,000 bytes, the stream's window 64 KiB, and the reader takes its time: a write of 5 MB waits for all of them.</summary>
    [Fact]
    public async Task AWriteLargerThanEveryBufferWaitsForTheReader()
    {
        const int length = 5_000_000;
        await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.SendBufferSize = 20_000);
        byte[] sent = new byte[length];
        new Random(5).NextBytes(sent);
        Task writing = pair.Client.WriteAsync(sent, completeWrites: true).AsTask();
        byte[] received = new byte[length];
        await pair.Server.ReadExactlyAsync(received, 0, 100).AsTask().WaitAsync(Pair.Patience);
        Assert.False(writing.IsCompleted);
        await pair.Server.ReadExactlyAsync(received, 100, length - 100).AsTask().WaitAsync(Pair.Patience);
        await writing.WaitAsync(Pair.Patience);
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(SHA256.HashData(sent), SHA256.HashData(received));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task RandomSizesBothWaysHaveEqualHashes(int seed)
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        Task<byte[]> up = WriteAsync(pair.Client, new Random(seed));
        Task<byte[]> down = WriteAsync(pair.Server, new Random(seed + 100));
        Task<byte[]> atServer = ReadAsync(pair.Server, new Random(seed + 200));
        Task<byte[]> atClient = ReadAsync(pair.Client, new Random(seed + 300));
        await Task.WhenAll(up, down, atServer, atClient).WaitAsync(Pair.Patience);
        Assert.Equal(await up, await atServer);
        Assert.Equal(await down, await atClient);
    }

    private static async Task<byte[]> WriteAsync(QuicStream stream, Random random)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[60_000];
        for (int i = 0; i < 300; i++)
        {
            int length = random.Next(3) == 0 ? random.Next(10) : random.Next(buffer.Length);
            random.NextBytes(buffer.AsSpan(0, length));
            hash.AppendData(buffer, 0, length);
            await stream.WriteAsync(buffer.AsMemory(0, length));
        }

        stream.CompleteWrites();
        return hash.GetHashAndReset();
    }

    private static async Task<byte[]> ReadAsync(QuicStream stream, Random random)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[100_000];
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(0, 1 + random.Next(buffer.Length)))) > 0)
        {
            hash.AppendData(buffer, 0, read);
        }

        return hash.GetHashAndReset();
    }
}
