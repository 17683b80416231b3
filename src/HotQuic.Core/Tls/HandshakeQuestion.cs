namespace HotQuic.Core.Tls;

/// <summary>
/// What a handshake waits for from its owner. It never calls out: while a question is open it stands still, keeps the
/// few bytes that may legally arrive, and goes on when the matching Provide… method is called, at once or much later.
/// </summary>
internal enum HandshakeQuestion : byte
{
    None = 0,

    /// <summary>Server, after the ClientHello: <see cref="TlsServerHandshake.ProvideConfiguration"/>.</summary>
    Configuration,

    /// <summary>Sign <see cref="TlsHandshake.SignatureRequest"/>: <see cref="TlsHandshake.ProvideSignature"/>.</summary>
    Signature,

    /// <summary>Judge <see cref="TlsHandshake.VerdictRequest"/>: <see cref="TlsHandshake.ProvideCertificateVerdict"/>.</summary>
    CertificateVerdict,
}
