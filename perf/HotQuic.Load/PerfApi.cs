namespace HotQuic.Load;

/// <summary>Which of HotQuic's two APIs a side of the measuring uses, and how. On the wire they are the same.</summary>
public enum PerfApi
{
    /// <summary>
    /// What is awaited: <see cref="QuicConnection"/>, <see cref="QuicStream"/>. The code after an await goes on on the thread that drives the
    /// connection (<see cref="QuicTransportOptions.CompletesInline"/>), which it never blocks.
    /// </summary>
    Stream,

    /// <summary>The same, but the code goes on on the thread pool, as it does where nothing else is said.</summary>
    StreamOnPool,

    /// <summary>What is called: <see cref="QuicConnectionHandler"/>, <see cref="QuicStreamHandler"/>.</summary>
    Handler,
}
