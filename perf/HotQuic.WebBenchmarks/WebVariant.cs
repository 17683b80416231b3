namespace HotQuic.WebBenchmarks;

/// <summary>What carries the requests.</summary>
internal enum WebVariant
{
    /// <summary>HTTP/3 over HotQuic, with its defaults: Kestrel's work runs on the thread pool.</summary>
    HotQuic,

    /// <summary>HTTP/3 over HotQuic, Kestrel's work on the thread that received the packet.</summary>
    HotQuicInline,

    /// <summary>HTTP/2 over TLS on Kestrel's sockets.</summary>
    Http2,

    /// <summary>HTTP/3 over the transport that Kestrel ships, where System.Net.Quic is supported.</summary>
    SystemNetQuic,
}
