using HotQuic.Core.Endpoints;

namespace HotQuic.Ports;

/// <summary>
/// Asks every listener that may be meant by a first Initial, of which only the ClientHello will tell: <see cref="Ask"/> each once, then
/// <see cref="Verdict"/>. No listener can turn away what another may want: the mildest answer counts, the longest limit too; only a Retry is
/// sent where a single one wants it, since it costs the client no more than a round trip.
/// </summary>
internal ref struct AdmissionSurvey(long held)
{
    private QuicAddressCheck _mildest = QuicAddressCheck.Drop;
    private bool _isAnyAsked;
    private bool _wantsRetry;
    private bool _isOverloaded = true;
    private bool _isHopeless = true;

    /// <summary>L22: the shard is too late for every listener asked.</summary>
    public readonly bool IsOverloaded => _isOverloaded && !_isHopeless;

    public void Ask(ListenerEntry entry, in AdmissionRequest request, TimeSpan lag)
    {
        _isAnyAsked = true;
        _isOverloaded &= lag > entry.Settings.OverloadLimit;
        _isHopeless &= _isOverloaded && lag > entry.Settings.OverloadDropLimit;
        if (_isOverloaded)
        {
            return;
        }

        QuicAddressCheck wish = entry.AsksPerAttempt ? entry.OnInitial(request) : QuicAddressCheck.Default;
        _wantsRetry |= wish == QuicAddressCheck.Retry || (wish == QuicAddressCheck.Default && entry.IsRetryWanted(held));
        _mildest = wish < _mildest ? wish : _mildest;
    }

    public readonly AdmissionVerdict Verdict(bool isAddressValidated) =>
        !_isAnyAsked ? AdmissionVerdict.Drop
        : _isHopeless ? AdmissionVerdict.Shed
        : _isOverloaded ? AdmissionVerdict.Refuse
        : _mildest == QuicAddressCheck.Drop ? AdmissionVerdict.Drop
        : _mildest == QuicAddressCheck.Refuse ? AdmissionVerdict.Refuse
        : _wantsRetry && !isAddressValidated ? AdmissionVerdict.Retry
        : AdmissionVerdict.Accept;
}
