namespace HotQuic.Core.Acknowledgements;

/// <summary>How much an acknowledgment is wanted, in rising order.</summary>
internal enum AckUrgency : byte
{
    /// <summary>No ack-eliciting packet waits: sending one could only answer an ACK with an ACK (RFC 9000 §13.2.1).</summary>
    None = 0,

    /// <summary>Worth adding to a packet that goes anyway, but not worth one of its own yet.</summary>
    Piggyback = 1,

    /// <summary>Send it at once, in a packet of its own if need be.</summary>
    Now = 2,
}
