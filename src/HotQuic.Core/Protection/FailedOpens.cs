using HotQuic.Core.Errors;

namespace HotQuic.Core.Protection;

/// <summary>
/// Counts the packets of one connection that did not authenticate, over all its keys and levels, against the integrity limit of the
/// AEAD (RFC 9001 §6.6). One object a connection; call <see cref="OnFailure"/> for each, but for 1-RTT packets, whose
/// <see cref="KeyPhases"/> does it.
/// </summary>
internal sealed class FailedOpens
{
    private static readonly TransportError LimitReached =
        new(TransportErrorCode.AeadLimitReached, 0, "More packets failed authentication than the AEAD's integrity limit allows.");

    private readonly long _mostAllowed;

    /// <param name="mostAllowed">A limit below the AEAD's own, for a test.</param>
    public FailedOpens(long mostAllowed = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(mostAllowed);
        _mostAllowed = mostAllowed;
    }

    public long Count { get; private set; }

    /// <summary>Another connection begins.</summary>
    public void Begin() => Count = 0;

    /// <summary>A packet did not authenticate under a key of this suite; the error where that was one too many.</summary>
    public TransportError? OnFailure(CipherSuite suite)
    {
        Count++;
        return Count > Math.Min(_mostAllowed, suite.Facts().IntegrityLimit) ? LimitReached : null;
    }
}
