namespace HotQuic.Core.Frames;

/// <summary>
/// What the owner of a frame must know when the packet that carried it is acknowledged or lost (RFC 9000 §13.3):
/// retransmission is of information, so this names the information and does not hold the bytes.
/// </summary>
/// <param name="Type">The frame's type, with the flag bits of STREAM frames (FIN, OFF, LEN).</param>
/// <param name="Length">Bytes of data, for CRYPTO and STREAM; 0 for others.</param>
/// <param name="Id">Stream ID, or the connection ID's sequence number, or 0; each owner says which.</param>
/// <param name="Offset">Offset of the data, or the limit that a MAX_* frame announced, or the largest packet number that an ACK covered.</param>
internal readonly record struct SentFrame(FrameType Type, uint Length, ulong Id, ulong Offset);
