using HotQuic.Core.Protection;

namespace HotQuic.Core.Tls;

/// <summary>What a handshake agreed on, for as long as its connection lives; authenticated when it is complete.</summary>
/// <param name="Suite">The cipher suite.</param>
/// <param name="Group">The key exchange's group.</param>
/// <param name="UsedHelloRetryRequest">The server asked for a second ClientHello (RFC 8446 §4.1.4).</param>
/// <param name="ApplicationProtocol">By ALPN; empty until it is known.</param>
/// <param name="ServerName">On a client the name it was configured with, on a server the one the client sent.</param>
internal readonly record struct HandshakeFacts(
    CipherSuite? Suite, NamedGroup? Group, bool UsedHelloRetryRequest, ReadOnlyMemory<byte> ApplicationProtocol, string? ServerName);
