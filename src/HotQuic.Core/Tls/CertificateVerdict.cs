using HotQuic.Core.Errors;

namespace HotQuic.Core.Tls;

/// <summary>The answer to a <see cref="CertificateVerdictRequest"/>. The default value rejects.</summary>
internal readonly struct CertificateVerdict
{
    private readonly TransportError? _rejection;

    private CertificateVerdict(bool isAccepted, TransportError? rejection)
    {
        IsAccepted = isAccepted;
        _rejection = rejection;
    }

    /// <summary>The signature and the chain are good.</summary>
    public static CertificateVerdict Accepted => new(isAccepted: true, rejection: null);

    public bool IsAccepted { get; }

    /// <summary>Why not; null where accepted.</summary>
    public TransportError? Rejection => IsAccepted
        ? null
        : _rejection ?? TransportError.FromAlert(TlsAlert.CertificateUnknown, "the certificate was not accepted");

    /// <summary>The connection ends with this alert.</summary>
    /// <param name="alert">bad_certificate, unknown_ca, certificate_expired, decrypt_error, …</param>
    /// <param name="reason">A fixed sentence: it travels to the peer.</param>
    public static CertificateVerdict Rejected(TlsAlert alert, string reason) =>
        new(isAccepted: false, TransportError.FromAlert(alert, reason));
}
