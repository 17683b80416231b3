namespace HotQuic.Core.Streams;

/// <summary>How much of one stream is held for the peer.</summary>
/// <param name="Buffered">Bytes written and not acknowledged.</param>
/// <param name="Unsent">Of these, bytes that were never sent: what is sealed soon after it was written is still in the processor's cache.</param>
internal readonly record struct SendLimits(ulong Buffered, ulong Unsent);
