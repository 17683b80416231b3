namespace HotQuic.Core.CongestionControl;

/// <summary>The congestion controllers there are.</summary>
internal enum CongestionControlAlgorithm : byte
{
    /// <summary>RFC 9438, with HyStart++ (RFC 9406) in slow start.</summary>
    Cubic,

    /// <summary>RFC 9002 §7.</summary>
    NewReno,
}

/// <summary>Makes the controller of a connection.</summary>
internal static class CongestionControllers
{
    public static ICongestionController Create(CongestionControlAlgorithm algorithm, CongestionOptions options) => algorithm switch
    {
        CongestionControlAlgorithm.Cubic => new Cubic(options),
        CongestionControlAlgorithm.NewReno => new NewReno(options),
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Expected Cubic or NewReno."),
    };
}
