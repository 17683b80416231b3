using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Errors;

namespace HotQuic.Certificates;

/// <summary>A <see cref="CertificateVerifier"/>'s answer.</summary>
internal sealed record CertificateVerdictResult
{
    /// <summary>The peer is who it says, or anonymous where that is allowed.</summary>
    public required bool Accepted { get; init; }

    /// <summary>The alert that ends the connection; without meaning where accepted.</summary>
    public TlsAlert Alert { get; init; }

    /// <summary>Why, as a fixed sentence that may travel to the peer; empty where accepted.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What was found wrong with chain and name, also where the user's callback accepted it all the same.</summary>
    public SslPolicyErrors Errors { get; init; }

    /// <summary>Every fault of the chain, for the message of an exception.</summary>
    public X509ChainStatusFlags ChainStatus { get; init; }

    /// <summary>The peer's certificate where it was accepted.</summary>
    public PeerCertificate? Leaf { get; init; }

    /// <summary>What the user's callback threw, or what the platform threw unexpectedly.</summary>
    public Exception? Exception { get; init; }

    public static CertificateVerdictResult Refused(TlsAlert alert, string reason) =>
        new() { Accepted = false, Alert = alert, Reason = reason };
}
