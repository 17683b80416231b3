namespace HotQuic.Load;

/// <summary>Flow control wide enough that it is not what a bulk transfer waits for.</summary>
internal static class PerfWindows
{
    private const int Connection = 32 << 20;
    private const int Stream = 16 << 20;

    /// <summary>What a peer may send ahead, in bytes.</summary>
    public static QuicReceiveWindowSizes Sizes() => new()
    {
        Connection = Connection,
        LocallyInitiatedBidirectionalStream = Stream,
        RemotelyInitiatedBidirectionalStream = Stream,
        UnidirectionalStream = Stream,
    };
}
