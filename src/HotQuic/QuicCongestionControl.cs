namespace HotQuic;

/// <summary>How a sender finds the rate that the path carries.</summary>
public enum QuicCongestionControl
{
    /// <summary>CUBIC (RFC 9438), with HyStart++ (RFC 9406).</summary>
    Cubic,

    /// <summary>NewReno, as RFC 9002 §7 describes it.</summary>
    NewReno,
}
