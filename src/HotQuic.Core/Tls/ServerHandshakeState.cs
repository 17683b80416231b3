namespace HotQuic.Core.Tls;

/// <summary>
/// Where a server is (RFC 8446 §A.2). Any other message in a state is unexpected_message; any error ends the handshake where it is.
/// <code>
///   WaitClientHello
///    | ClientHello
///    v
///   WaitConfiguration (question) -- no usable share: HelloRetryRequest --> WaitSecondClientHello
///    | configuration: ServerHello, handshake secrets,                       | ClientHello: the same answer
///    |   EncryptedExtensions, CertificateRequest?, Certificate              |
///    v                                                                      |
///   WaitSignature (question) &lt;---------------------------------------------+
///    | signature: CertificateVerify, Finished, 1-RTT send secret
///    +---- certificate asked for ----> WaitCertificate -- none, and none required --+
///    |                                  | Certificate                               |
///    |                                  v                                           |
///    |                                 WaitCertificateVerify                        |
///    |                                  | CertificateVerify                         |
///    |                                  v                                           |
///    |                                 WaitVerdict (question) &lt;--------------------+
///    |                                  | accepted
///    v                                  v
///   WaitFinished  &lt;--------------------+
///    | Finished: 1-RTT receive secret
///    v
///   Connected
/// </code>
/// </summary>
internal enum ServerHandshakeState : byte
{
    WaitClientHello,
    WaitConfiguration,
    WaitSecondClientHello,
    WaitSignature,
    WaitCertificate,
    WaitCertificateVerify,
    WaitVerdict,
    WaitFinished,
    Connected,
}
