namespace HotQuic.Load;

/// <summary>Which of HotQuic's two APIs a side of the measuring uses. On the wire they are the same.</summary>
public enum PerfApi
{
    /// <summary>What is awaited: <see cref="QuicConnection"/>, <see cref="QuicStream"/>.</summary>
    Stream,

    /// <summary>What is called: <see cref="QuicConnectionHandler"/>, <see cref="QuicStreamHandler"/>.</summary>
    Handler,
}
