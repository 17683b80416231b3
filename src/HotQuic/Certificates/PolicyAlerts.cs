using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Errors;

namespace HotQuic.Certificates;

/// <summary>Which alert (RFC 8446 §6.2) tells the peer of which fault of chain or name: the first row of the table that fits.</summary>
internal static class PolicyAlerts
{
    private static readonly (X509ChainStatusFlags Faults, TlsAlert Alert, string Reason)[] ChainTable =
    [
        (X509ChainStatusFlags.Revoked, TlsAlert.CertificateRevoked, "A certificate of the chain is revoked."),
        (X509ChainStatusFlags.NotSignatureValid | X509ChainStatusFlags.CtlNotSignatureValid,
            TlsAlert.BadCertificate, "A certificate of the chain has a bad signature."),
        (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.Cyclic
            | X509ChainStatusFlags.ExplicitDistrust, TlsAlert.UnknownCa, "The chain does not lead to a trusted root."),
        (X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NotTimeNested | X509ChainStatusFlags.CtlNotTimeValid,
            TlsAlert.CertificateExpired, "A certificate of the chain is expired or not yet valid."),
        (X509ChainStatusFlags.NotValidForUsage | X509ChainStatusFlags.CtlNotValidForUsage,
            TlsAlert.UnsupportedCertificate, "The certificate is not meant for this use."),
        (X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation,
            TlsAlert.CertificateUnknown, "Whether the chain is revoked could not be found out."),
    ];

    /// <summary>The refusal that these errors lead to where no callback accepts them.</summary>
    public static CertificateVerdictResult Refuse(SslPolicyErrors errors, X509ChainStatusFlags chainStatus)
    {
        (TlsAlert alert, string reason) = Find(errors, chainStatus);
        return new CertificateVerdictResult
        {
            Accepted = false,
            Alert = alert,
            Reason = reason,
            Errors = errors,
            ChainStatus = chainStatus,
        };
    }

    private static (TlsAlert Alert, string Reason) Find(SslPolicyErrors errors, X509ChainStatusFlags chainStatus)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return (TlsAlert.CertificateRequired, "A certificate is required.");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            foreach ((X509ChainStatusFlags faults, TlsAlert alert, string reason) in ChainTable)
            {
                if ((chainStatus & faults) != 0)
                {
                    return (alert, reason);
                }
            }

            return (TlsAlert.CertificateUnknown, "The chain breaks a rule of the chain policy.");
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? (TlsAlert.BadCertificate, "The certificate is for another host.")
            : (TlsAlert.CertificateUnknown, "The application refused the certificate.");
    }
}
