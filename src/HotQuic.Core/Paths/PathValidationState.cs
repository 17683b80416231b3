namespace HotQuic.Core.Paths;

/// <summary>
/// How far path validation has come (RFC 9000 §8.2).
/// <code>
///                                          response to a challenge in 1,200 bytes
///           ┌──────────────────────────────────────────────────────────────────────┐
///           │                                                                      ▼
///  Idle ─Start─▶ Validating ─response to a smaller one─▶ ValidatingMtu ─response─▶ Validated
///                    │                                       │  to one in 1,200 bytes
///                    └───────────────── deadline ────────────┴──▶ Failed
/// </code>
/// Start leads back to Validating from every state; a challenge that is out counts no more then.
/// </summary>
internal enum PathValidationState : byte
{
    /// <summary>No validation was asked for.</summary>
    Idle = 0,

    /// <summary>A challenge waits to be sent, or for its response.</summary>
    Validating = 1,

    /// <summary>The address is proven, but not that the path carries 1,200 bytes (RFC 9000 §8.2.3).</summary>
    ValidatingMtu = 2,

    /// <summary>The peer is at its address, and the path carries 1,200 bytes.</summary>
    Validated = 3,

    /// <summary>No response came in time; the path is not to be used (RFC 9000 §8.2.4).</summary>
    Failed = 4,
}
