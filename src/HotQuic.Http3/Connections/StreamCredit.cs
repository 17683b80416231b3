using System.Runtime.CompilerServices;

namespace HotQuic.Http3.Connections;

/// <summary>How many more requests the server lets a connection begin (RFC 9000 §4.6). Any thread.</summary>
internal sealed class StreamCredit
{
    /// <summary>The first credit of a connection may come before its <see cref="Http3Connection"/> is made.</summary>
    private static readonly ConditionalWeakTable<QuicConnection, StreamCredit> Credits = [];

    private int _available;
    private volatile bool _isTold;

    /// <summary>Whether the server's first word about it has come, which is soon after the handshake.</summary>
    public bool IsTold => _isTold;

    /// <summary>Below zero where requests wait for it.</summary>
    public int Available => Volatile.Read(ref _available);

    /// <summary>Called on any thread when there may be more than before; it must not block.</summary>
    public Action? Freed { get; set; }

    public static StreamCredit Of(QuicConnection connection) => Credits.GetOrCreateValue(connection);

    public static void OnCapacity(QuicConnection connection, QuicStreamCapacityChangedArgs change) => Of(connection).Add(change.BidirectionalIncrement);

    /// <summary>The server allows so many more.</summary>
    public void Add(int count)
    {
        Interlocked.Add(ref _available, count);
        _isTold = true;
        Freed?.Invoke();
    }

    /// <summary>Whether a request will wait for a shorter time here, as far as one can tell: who was not told yet is likely to have room.</summary>
    public bool IsBetterThan(StreamCredit other) => IsTold == other.IsTold ? Available > other.Available : !IsTold;

    public void Take() => Interlocked.Decrement(ref _available);

    public void GiveBack()
    {
        Interlocked.Increment(ref _available);
        Freed?.Invoke();
    }

    public bool TryTake()
    {
        int available = Available;
        while (available > 0)
        {
            int seen = Interlocked.CompareExchange(ref _available, available - 1, available);
            if (seen == available)
            {
                return true;
            }

            available = seen;
        }

        return false;
    }
}
