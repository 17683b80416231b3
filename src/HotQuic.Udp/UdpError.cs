namespace HotQuic.Udp;

/// <summary>
/// A report on a datagram sent earlier, as it came back by ICMP. It is a hint that anyone who knows the addresses can forge:
/// compare <see cref="QuotedLength"/> bytes of the datagram it quotes with what was sent before acting on it (RFC 9000 §14.2.1).
/// </summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Destination">Where the datagram was going.</param>
/// <param name="Mtu">With <see cref="UdpErrorKind.MessageTooLarge"/>, the largest IP packet the path is said to carry; otherwise 0.</param>
/// <param name="QuotedLength">How many bytes of the datagram's payload were quoted and stored where the caller asked.</param>
internal readonly record struct UdpError(UdpErrorKind Kind, UdpAddress Destination, int Mtu, int QuotedLength);
