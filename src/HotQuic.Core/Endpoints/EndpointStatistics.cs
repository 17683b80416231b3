using HotQuic.Core.Errors;

namespace HotQuic.Core.Endpoints;

/// <summary>Counters of one endpoint, since it began. Written by the thread that drives it.</summary>
internal sealed class EndpointStatistics
{
    private readonly long[] _drops = new long[Enum.GetValues<DropReason>().Length];

    public long DatagramsReceived { get; set; }

    public long ConnectionsAccepted { get; set; }

    public long ConnectionsRefused { get; set; }

    public long VersionNegotiationsSent { get; set; }

    public long RetriesSent { get; set; }

    public long StatelessResetsSent { get; set; }

    /// <summary>Datagrams dropped before they reached a connection, for one reason.</summary>
    public long DropsFor(DropReason reason) => _drops[(int)reason];

    public void CountDrop(DropReason reason) => _drops[(int)reason]++;
}
