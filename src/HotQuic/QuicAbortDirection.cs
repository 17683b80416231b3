namespace HotQuic;

/// <summary>Which sides of a stream an abort ends: <see cref="QuicStream.Abort"/>, <see cref="QuicStreamHandle.Abort"/>.</summary>
[Flags]
public enum QuicAbortDirection
{
    /// <summary>The reading side: the peer is asked to stop sending (RFC 9000 §19.5).</summary>
    Read = 1,

    /// <summary>The writing side: what the peer has not yet acknowledged is given up (RFC 9000 §19.4).</summary>
    Write = 2,

    /// <summary>Both sides at once.</summary>
    Both = Read | Write,
}
