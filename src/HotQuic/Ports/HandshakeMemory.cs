namespace HotQuic.Ports;

/// <summary>
/// What the unfinished handshakes of an engine's servers hold: so many, times what one of them holds. Shards count, from any of them.
/// </summary>
internal sealed class HandshakeMemory
{
    /// <summary>
    /// Bytes of memory that one server connection holds between the client's first datagram and the end of the handshake.
    /// <c>HandshakeMemoryTests</c> measures it, as what the heap grows by for each of 500 connections whose ClientHello has come: 14 KiB.
    /// </summary>
    public const int BytesPerHandshake = 16 << 10;

    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public long Held => Count * BytesPerHandshake;

    /// <summary>The memory that the process may use, by the machine or by its container.</summary>
    public long Available { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public void OnStarted() => Interlocked.Increment(ref _count);

    public void OnOver() => Interlocked.Decrement(ref _count);
}
