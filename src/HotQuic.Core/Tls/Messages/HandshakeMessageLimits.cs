namespace HotQuic.Core.Tls.Messages;

/// <summary>
/// How long a handshake message may claim to be. What a message's own structure could reach is more than any honest
/// peer needs, and a message is kept until its last byte is there, so these bound the memory that a peer can take.
/// </summary>
internal static class HandshakeMessageLimits
{
    /// <summary>Message type and 24 bits of length.</summary>
    public const int HeaderLength = 4;

    /// <summary>Default for Certificate messages: some forty certificates of a large kind.</summary>
    public const int DefaultCertificate = 256 * 1024;

    /// <summary>Room for post-quantum key shares, tickets and a long list of protocols.</summary>
    public const int ClientHello = 64 * 1024;

    /// <summary>A HelloRetryRequest's cookie may have nearly 64 KiB.</summary>
    public const int ServerHello = 66 * 1024;

    /// <summary>Extension blocks have at most 64 KiB.</summary>
    public const int ExtensionBlock = 66 * 1024;

    /// <summary>Longer than a signature of an RSA key of 64 K bits.</summary>
    public const int CertificateVerify = 8 * 1024 + 8;

    /// <summary>The limit for the body of a message of this type.</summary>
    public static int For(HandshakeType type, int certificateLimit) => type switch
    {
        HandshakeType.ClientHello => ClientHello,
        HandshakeType.ServerHello => ServerHello,
        HandshakeType.Certificate => certificateLimit,
        HandshakeType.CertificateVerify => CertificateVerify,
        HandshakeType.Finished => Secrets.HashFunctions.MaxLength,
        _ => ExtensionBlock,
    };
}
