namespace HotQuic.Core.Tls.Messages;

/// <summary>Handshake message types (RFC 8446 §4).</summary>
internal enum HandshakeType : byte
{
    ClientHello = 1,
    ServerHello = 2,
    NewSessionTicket = 4,
    EndOfEarlyData = 5,
    EncryptedExtensions = 8,
    Certificate = 11,
    CertificateRequest = 13,
    CertificateVerify = 15,
    Finished = 20,
    KeyUpdate = 24,

    /// <summary>Never on the wire: stands for a ClientHello in a transcript (RFC 8446 §4.4.1).</summary>
    MessageHash = 254,
}
