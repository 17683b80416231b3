namespace HotQuic.Core.Tls;

/// <summary>What a server wants of a client's certificate.</summary>
internal enum ClientCertificateMode : byte
{
    /// <summary>No CertificateRequest is sent.</summary>
    None = 0,

    /// <summary>Asked for; whether a client without one is let in is for the verdict on an empty chain to say (RFC 8446 §4.4.2.4).</summary>
    Request,

    /// <summary>Asked for; a client without one is closed with certificate_required.</summary>
    Require,
}
