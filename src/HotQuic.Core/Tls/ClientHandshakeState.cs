namespace HotQuic.Core.Tls;

/// <summary>
/// Where a client is (RFC 8446 §A.1). Any other message in a state is unexpected_message; any error ends the handshake where it is.
/// <code>
///   Idle
///    | Start: ClientHello
///    v
///   WaitServerHello ---- HelloRetryRequest, once: second ClientHello ---+
///    | ServerHello: handshake secrets  ^                                |
///    |                                 +--------------------------------+
///    v
///   WaitEncryptedExtensions
///    | EncryptedExtensions
///    v
///   WaitCertificateOrRequest -- CertificateRequest --> WaitCertificate
///    | Certificate                                      | Certificate
///    v                                                  v
///   WaitCertificateVerify  &lt;----------------------------+
///    | CertificateVerify
///    v
///   WaitVerdict  (question)
///    | accepted
///    v
///   WaitFinished
///    | Finished: 1-RTT secrets; Certificate, where asked for
///    +---- no certificate to show: Finished ----+
///    v                                          v
///   WaitSignature (question) -- signature: --> Connected -- NewSessionTicket: ignored --> Connected
///                   CertificateVerify, Finished
/// </code>
/// </summary>
internal enum ClientHandshakeState : byte
{
    Idle,
    WaitServerHello,
    WaitEncryptedExtensions,
    WaitCertificateOrRequest,
    WaitCertificate,
    WaitCertificateVerify,
    WaitVerdict,
    WaitFinished,
    WaitSignature,
    Connected,
}
