namespace HotQuic.Core.Tls.Messages;

/// <summary>The messages that carry extensions, by the letters of the table in RFC 8446 §4.2.</summary>
[Flags]
internal enum ExtensionMessages : byte
{
    None = 0,
    ClientHello = 1 << 0,
    ServerHello = 1 << 1,
    EncryptedExtensions = 1 << 2,
    Certificate = 1 << 3,
    CertificateRequest = 1 << 4,
    NewSessionTicket = 1 << 5,
    HelloRetryRequest = 1 << 6,
}
