using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Core.Errors;

namespace HotQuic.Tests.Certificates;

public class PolicyAlertsTests
{
    // RFC 8446 §6.2
    [Theory]
    [InlineData(X509ChainStatusFlags.Revoked, TlsAlert.CertificateRevoked)]
    [InlineData(X509ChainStatusFlags.Revoked | X509ChainStatusFlags.NotTimeValid, TlsAlert.CertificateRevoked)]
    [InlineData(X509ChainStatusFlags.NotSignatureValid, TlsAlert.BadCertificate)]
    [InlineData(X509ChainStatusFlags.UntrustedRoot, TlsAlert.UnknownCa)]
    [InlineData(X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.RevocationStatusUnknown, TlsAlert.UnknownCa)]
    [InlineData(X509ChainStatusFlags.NotTimeValid, TlsAlert.CertificateExpired)]
    [InlineData(X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NotValidForUsage, TlsAlert.CertificateExpired)]
    [InlineData(X509ChainStatusFlags.NotValidForUsage, TlsAlert.UnsupportedCertificate)]
    [InlineData(X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation, TlsAlert.CertificateUnknown)]
    [InlineData(X509ChainStatusFlags.InvalidBasicConstraints, TlsAlert.CertificateUnknown)]
    [InlineData(X509ChainStatusFlags.NoError, TlsAlert.CertificateUnknown)]
    internal void Tls18_AlertTellsTheFaultOfTheChain(X509ChainStatusFlags status, TlsAlert alert)
    {
        CertificateVerdictResult result = PolicyAlerts.Refuse(
            SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch, status);
        Assert.False(result.Accepted);
        Assert.Equal(alert, result.Alert);
        Assert.Equal(status, result.ChainStatus);
    }

    [Theory]
    [InlineData(SslPolicyErrors.RemoteCertificateNotAvailable, TlsAlert.CertificateRequired)]
    [InlineData(SslPolicyErrors.RemoteCertificateNameMismatch, TlsAlert.BadCertificate)]
    [InlineData(SslPolicyErrors.None, TlsAlert.CertificateUnknown)]
    internal void Tls18_AlertTellsTheOtherFaults(SslPolicyErrors errors, TlsAlert alert)
    {
        // What the chain's status says does not count where the chain is not at fault.
        Assert.Equal(alert, PolicyAlerts.Refuse(errors, X509ChainStatusFlags.Revoked).Alert);
    }
}
