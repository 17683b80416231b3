using System.Runtime.CompilerServices;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Recovery;

/// <summary>
/// <code>
///      10 marked packets, or 3 PTOs             counts validate, not all of them CE
/// Testing ------------------------> Unknown ---------------------------------------> Capable
///    |                                 |                                                |
///    | counts fail                     | counts fail; all marked packets are lost,      | counts fail
///    v                                 v or all come marked CE                          v
///  Failed                            Failed                                           Failed
/// </code>
/// Marks are set in Testing and Capable.
/// </summary>
internal enum EcnState : byte
{
    Testing = 0,
    Unknown = 1,
    Capable = 2,
    Failed = 3,
}

/// <summary>
/// Whether the path keeps ECN marks (RFC 9000 §13.4.2, §A.4). Mark each packet with <see cref="CodepointToSend"/> and say so to
/// <see cref="OnPacketSent"/>; <see cref="OnAckReceived"/> for each ACK frame that newly acknowledges packets;
/// <see cref="OnPacketLost"/> for each lost packet, <see cref="OnProbeTimeout"/> for each probe timeout.
/// </summary>
internal sealed class EcnValidator
{
    private const int TestingPackets = 10;

    /// <summary>Probe timeouts in a row, which double, after which three of the first length have passed.</summary>
    private const int TestingTimeouts = 2;
    private const int Spaces = 3;

    private PerSpace<ulong> _sentEct0;
    private PerSpace<ulong> _sentEct1;
    private PerSpace<EcnCounts> _counts;
    private int _markedSent;
    private int _markedLost;
    private int _markedAcknowledged;
    private ulong _congestionReported;

    public EcnValidator(bool isEnabled) => Begin(isEnabled);

    public EcnState State { get; private set; }

    /// <summary>The mark for the next packet's IP header.</summary>
    public EcnCodepoint CodepointToSend => State is EcnState.Testing or EcnState.Capable ? EcnCodepoint.Ect0 : EcnCodepoint.NotEct;

    /// <summary>Packets sent with a mark, in all spaces.</summary>
    public long MarkedSent => (long)(Total(_sentEct0) + Total(_sentEct1));

    /// <summary>What the peer has reported of the marks of our packets, in all spaces (RFC 9000 §19.3.2).</summary>
    public EcnCounts Reported
    {
        get
        {
            var sum = default(EcnCounts);
            foreach (EcnCounts each in _counts)
            {
                sum = new EcnCounts(sum.Ect0 + each.Ect0, sum.Ect1 + each.Ect1, sum.Ce + each.Ce);
            }

            return sum;
        }
    }

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(bool isEnabled)
    {
        OnPathChanged(isEnabled);
        _sentEct0 = default;
        _sentEct1 = default;
        _counts = default;
    }

    public void OnPacketSent(PacketNumberSpace space, EcnCodepoint codepoint)
    {
        switch (codepoint)
        {
            case EcnCodepoint.NotEct:
                return;
            case EcnCodepoint.Ect1:
                _sentEct1[(int)space]++;
                break;
            default:
                _sentEct0[(int)space]++;
                break;
        }

        if (State == EcnState.Testing && ++_markedSent >= TestingPackets)
        {
            State = EcnState.Unknown;
        }
    }

    /// <summary>A marked packet was lost: where all of the test were, the mark is taken for the cause (RFC 9000 §13.4.2).</summary>
    public void OnPacketLost()
    {
        _markedLost++;
        if (State == EcnState.Unknown && _markedAcknowledged == 0 && _markedLost >= _markedSent)
        {
            State = EcnState.Failed;
        }
    }

    /// <summary>
    /// So many probe timeouts in a row expired. Where nothing with a mark arrived, what drops it may do so for the mark: marks are set for
    /// three probe timeouts at most before one is acknowledged (RFC 9000 §13.4.2).
    /// </summary>
    public void OnProbeTimeout(int count)
    {
        if (State == EcnState.Testing && _markedAcknowledged == 0 && count >= TestingTimeouts)
        {
            State = EcnState.Unknown;
        }
    }

    /// <summary>Takes in the counts of an ACK frame, and says whether they are right and report new congestion.</summary>
    public bool OnAckReceived(PacketNumberSpace space, in EcnReport report)
    {
        // RFC 9000 §13.4.2.1: counts of a reordered ACK frame are old, which is no fault.
        if (State == EcnState.Failed || !report.RaisesLargestAcknowledged)
        {
            return false;
        }

        if (!IsValid(space, report))
        {
            // RFC 9000 §13.4.2.2
            State = EcnState.Failed;
            return false;
        }

        if (report.Counts is not { } counts)
        {
            return false;
        }

        ulong newlyCongested = counts.Ce - _counts[(int)space].Ce;
        _counts[(int)space] = counts;
        _congestionReported += newlyCongested;
        Conclude(report.NewlyAcknowledgedEct0 + report.NewlyAcknowledgedEct1);
        return newlyCongested > 0 && State != EcnState.Failed;
    }

    /// <summary>A new path is tested afresh; the counts go on (RFC 9000 §13.4.2, §A.4).</summary>
    public void OnPathChanged(bool isEnabled)
    {
        State = isEnabled ? EcnState.Testing : EcnState.Failed;
        _markedSent = 0;
        _markedLost = 0;
        _markedAcknowledged = 0;
        _congestionReported = 0;
    }

    private static ulong Total(in PerSpace<ulong> counts) => counts[0] + counts[1] + counts[2];

    private bool IsValid(PacketNumberSpace space, in EcnReport report)
    {
        if (report.Counts is not { } counts)
        {
            return report.NewlyAcknowledgedEct0 + report.NewlyAcknowledgedEct1 == 0;
        }

        EcnCounts before = _counts[(int)space];
        if (counts.Ect0 < before.Ect0 || counts.Ect1 < before.Ect1 || counts.Ce < before.Ce)
        {
            return false;
        }

        ulong ce = counts.Ce - before.Ce;
        ulong sentEct0 = _sentEct0[(int)space];
        ulong sentEct1 = _sentEct1[(int)space];
        return counts.Ect0 - before.Ect0 + ce >= (ulong)report.NewlyAcknowledgedEct0
            && counts.Ect1 - before.Ect1 + ce >= (ulong)report.NewlyAcknowledgedEct1
            && counts.Ect0 <= sentEct0
            && counts.Ect1 <= sentEct1
            && counts.Ce <= sentEct0 + sentEct1 - counts.Ect0 - counts.Ect1;
    }

    private void Conclude(int newlyAcknowledged)
    {
        _markedAcknowledged += newlyAcknowledged;
        if (State != EcnState.Unknown || _markedAcknowledged == 0)
        {
            return;
        }

        if (_congestionReported < (ulong)_markedAcknowledged)
        {
            State = EcnState.Capable;
        }
        else if (_markedAcknowledged >= _markedSent)
        {
            // RFC 9000 §A.4: a path that marks every packet says nothing about congestion.
            State = EcnState.Failed;
        }
    }

    /// <summary>By <see cref="PacketNumberSpace"/>.</summary>
    [InlineArray(Spaces)]
    private struct PerSpace<T>
        where T : struct
    {
        private T _initial;
    }
}

/// <summary>What one ACK frame says of ECN.</summary>
/// <param name="Counts">The counts it carried, if any.</param>
/// <param name="NewlyAcknowledgedEct0">How many of the packets that it newly acknowledges were sent with ECT(0).</param>
/// <param name="NewlyAcknowledgedEct1">How many were sent with ECT(1).</param>
/// <param name="RaisesLargestAcknowledged">False for an ACK frame that was overtaken by a later one.</param>
internal readonly record struct EcnReport(
    EcnCounts? Counts, int NewlyAcknowledgedEct0, int NewlyAcknowledgedEct1, bool RaisesLargestAcknowledged);
