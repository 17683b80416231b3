using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Acknowledgements;

/// <summary>A packet that was opened and all of whose frames were handled (RFC 9000 §13.1).</summary>
/// <param name="Number">Its full packet number.</param>
/// <param name="IsAckEliciting">Whether it held a frame other than ACK, PADDING and CONNECTION_CLOSE (RFC 9002 §2).</param>
/// <param name="Ecn">The mark of the IP header; <see cref="EcnCodepoint.NotEct"/> where it cannot be read.</param>
/// <param name="ReceivedAt">
/// When the datagram was taken from the socket: waiting for keys counts as our delay, the kernel's queue does not
/// (RFC 9000 §13.2.5).
/// </param>
internal readonly record struct ReceivedPacketInfo(PacketNumber Number, bool IsAckEliciting, EcnCodepoint Ecn, Instant ReceivedAt);
