using HotQuic.Streams;

namespace HotQuic.Connections;

/// <summary>Streams of one direction that we open: who waits, how many were opened, and how many may be in all.</summary>
internal sealed class OpenQueue
{
    public StreamRequestList Waiting { get; } = new();

    public ulong Opened { get; set; }

    public ulong Limit { get; set; }

    /// <summary>For another connection; nobody waits any more.</summary>
    public void Forget()
    {
        Opened = 0;
        Limit = 0;
    }
}
