using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Streams;

/// <summary>
/// Credit that we give the peer, in bytes of a connection or of a stream (RFC 9000 §4.1). <see cref="OnReceived"/> takes
/// from it, <see cref="OnConsumed"/> makes room for more, and when <see cref="IsUpdateDue"/>, <see cref="Grant"/>
/// gives the new limit to announce.
/// </summary>
/// <remarks>
/// A grant is due when a quarter of the window was consumed since the last limit, without waiting for the peer to be
/// blocked (§4.2): three quarters are then left to cover the frame's way. The window doubles, up to its maximum, when the
/// application consumes half of it within two round trips, that is, as long as the window and not the
/// application could be what holds the peer back.
/// </remarks>
internal struct ReceiveFlowController(ulong window, ulong maximumWindow)
{
    private const int GrantFraction = 4;
    private const int ScarceFraction = 2;
    private const int TuningFraction = 2;
    private const int TuningRoundTrips = 2;

    private readonly ulong _maximumWindow = Math.Max(window, maximumWindow);
    private ulong _epochConsumed;
    private Instant _epochStart;
    private bool _isEpochStarted;
    private bool _isPeerBlocked;

    /// <summary>The limit announced last.</summary>
    public ulong Limit { get; private set; } = window;

    /// <summary>How far the limit is kept ahead of what was consumed.</summary>
    public ulong Window { get; private set; } = window;

    /// <summary>Bytes received, up to the highest offset.</summary>
    public ulong Received { get; private set; }

    /// <summary>Bytes that the application took or that were dropped for it.</summary>
    public ulong Consumed { get; private set; }

    public readonly bool IsUpdateDue
    {
        get
        {
            ulong raise = Consumed + Window - Limit;
            return raise > 0 && (_isPeerBlocked || raise >= Window / GrantFraction);
        }
    }

    /// <summary>
    /// Whether the peer has less than half of the window left to send. A quarter is all that it lacks where everything it sent was consumed.
    /// </summary>
    public readonly bool IsScarce => Limit - Received < Window / ScarceFraction;

    /// <summary>Whether <paramref name="count"/> bytes more would stay within the limit.</summary>
    public readonly bool CanReceive(ulong count) => count <= Limit - Received;

    public void OnReceived(ulong count) => Received += count;

    public void OnConsumed(ulong count) => Consumed += count;

    /// <summary>
    /// The peer says that <paramref name="limit"/> blocks it: if that is the newest limit, it gets what there is at once, so that
    /// a reader that waits for more before it consumes is not left waiting for ever.
    /// </summary>
    public void OnPeerBlocked(ulong limit) => _isPeerBlocked |= limit >= Limit;

    /// <summary>
    /// The application takes nothing before bytes up to <paramref name="end"/> are here. A window that is too small for them doubles, or
    /// becomes what is needed, up to its maximum; beyond that they never fit.
    /// </summary>
    public void Require(ulong end)
    {
        if (end > Consumed + Window)
        {
            Window = Math.Min(Math.Max(Window * 2, end - Consumed), _maximumWindow);
        }

        _isPeerBlocked |= end > Limit;
    }

    /// <summary>The limit to announce now; no lower than any before it.</summary>
    public ulong Grant(Instant now, TimeSpan smoothedRtt)
    {
        Tune(now, smoothedRtt);
        _isPeerBlocked = false;
        Limit = Math.Min(Consumed + Window, VarInt.MaxValue);
        return Limit;
    }

    private void Tune(Instant now, TimeSpan smoothedRtt)
    {
        if (!_isEpochStarted)
        {
            StartEpoch(now);
            return;
        }

        if (Consumed - _epochConsumed < Window / TuningFraction)
        {
            return;
        }

        if (now - _epochStart <= smoothedRtt * TuningRoundTrips)
        {
            Window = Math.Min(Window * 2, _maximumWindow);
        }

        StartEpoch(now);
    }

    private void StartEpoch(Instant now)
    {
        _isEpochStarted = true;
        _epochStart = now;
        _epochConsumed = Consumed;
    }
}
