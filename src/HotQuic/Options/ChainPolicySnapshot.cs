using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Options;

/// <summary>What a chain policy said at one moment: the platform's object may change, its trusted roots too.</summary>
internal sealed class ChainPolicySnapshot
{
    private readonly (X509RevocationMode Mode, X509RevocationFlag Flag, X509VerificationFlags Verification, X509ChainTrustMode Trust, bool Offline) _choices;
    private readonly (DateTime Time, bool IsIgnored, TimeSpan Patience) _times;
    private readonly X509Certificate2[] _roots;
    private readonly X509Certificate2[] _extra;
    private readonly string?[] _purposes;
    private readonly string?[] _policies;

    public ChainPolicySnapshot(X509ChainPolicy policy)
    {
        _choices = ChoicesOf(policy);
        _times = TimesOf(policy);
        _roots = [.. policy.CustomTrustStore];
        _extra = [.. policy.ExtraStore];
        _purposes = [.. policy.ApplicationPolicy.Cast<Oid>().Select(purpose => purpose.Value)];
        _policies = [.. policy.CertificatePolicy.Cast<Oid>().Select(each => each.Value)];
    }

    /// <summary>Whether a policy still says the same.</summary>
    public bool IsOf(X509ChainPolicy policy) => ChoicesOf(policy) == _choices && TimesOf(policy) == _times
        && AreSame(policy.CustomTrustStore, _roots) && AreSame(policy.ExtraStore, _extra)
        && AreSame(policy.ApplicationPolicy, _purposes) && AreSame(policy.CertificatePolicy, _policies);

    private static (X509RevocationMode Mode, X509RevocationFlag Flag, X509VerificationFlags Verification, X509ChainTrustMode Trust, bool Offline) ChoicesOf(
        X509ChainPolicy policy) =>
        (policy.RevocationMode, policy.RevocationFlag, policy.VerificationFlags, policy.TrustMode, policy.DisableCertificateDownloads);

    private static (DateTime Time, bool IsIgnored, TimeSpan Patience) TimesOf(X509ChainPolicy policy) =>
        (policy.VerificationTime, policy.VerificationTimeIgnored, policy.UrlRetrievalTimeout);

    private static bool AreSame(X509Certificate2Collection certificates, X509Certificate2[] before)
    {
        bool areSame = certificates.Count == before.Length;
        for (int i = 0; areSame && i < before.Length; i++)
        {
            areSame = ReferenceEquals(certificates[i], before[i]);
        }

        return areSame;
    }

    private static bool AreSame(OidCollection oids, string?[] before)
    {
        bool areSame = oids.Count == before.Length;
        for (int i = 0; areSame && i < before.Length; i++)
        {
            areSame = oids[i].Value == before[i];
        }

        return areSame;
    }
}
