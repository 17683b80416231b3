using HotQuic.Core.Datagrams;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Datagrams;

/// <summary>The bounded ring that holds datagrams, against a plain queue.</summary>
public class DatagramFifoTests
{
    [Fact]
    public void Dgram05_AnyTrafficComesOutAsItWentInAndWithinTheBounds()
    {
        Seeded.Run(300, random =>
        {
            int maxCount = random.Next(1, 40);
            int maxBytes = random.Next(1, 20_000);
            var fifo = new DatagramFifo(maxCount, maxBytes);
            var model = new Queue<(byte[] Data, ulong Token)>();
            for (int i = 0; i < 500; i++)
            {
                if (random.Next(5) < 3)
                {
                    byte[] data = random.NextBytes(random.Next(4) == 0 ? 0 : random.Next(1 << random.Next(1, 13)));
                    int bytes = model.Sum(entry => Math.Max(1, entry.Data.Length));
                    bool fits = model.Count < maxCount && bytes + Math.Max(1, data.Length) <= maxBytes;
                    Assert.Equal(fits, fifo.TryEnqueue(data, (ulong)i));
                    if (fits)
                    {
                        model.Enqueue((data, (ulong)i));
                    }
                }
                else if (model.Count > 0)
                {
                    (byte[] data, ulong token) = model.Dequeue();
                    Assert.Equal(Hex.Of(data), Hex.Of(fifo.Peek(out ulong actual)));
                    Assert.Equal(token, actual);
                    fifo.Dequeue();
                }

                Assert.Equal(model.Count, fifo.Count);
                Assert.Equal(model.Sum(entry => Math.Max(1, entry.Data.Length)), fifo.Bytes);
            }
        });
    }

    [Fact]
    public void Dgram05_InSteadyStateNothingIsAllocated()
    {
        var fifo = new DatagramFifo(100, 1 << 16);
        byte[] data = new byte[1200];
        Turn(1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Turn(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Turn(int count)
        {
            for (int i = 0; i < count; i++)
            {
                while (fifo.TryEnqueue(data.AsSpan(0, i % 1200), 1))
                {
                }

                fifo.Dequeue();
            }
        }
    }

    [Fact]
    public void Dgram05_TakingFromAnEmptyQueueThrows()
    {
        var fifo = new DatagramFifo(1, 1);
        Assert.Throws<InvalidOperationException>(fifo.Dequeue);
        Assert.Throws<InvalidOperationException>(() => fifo.Peek(out _).Length);
    }
}
