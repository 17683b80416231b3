namespace HotQuic.Core.CongestionControl;

/// <summary>The congestion controllers there are.</summary>
internal enum CongestionControlAlgorithm : byte
{
    /// <summary>RFC 9438, with HyStart++ (RFC 9406) in slow start.</summary>
    Cubic,

    /// <summary>RFC 9002 §7.</summary>
    NewReno,
}

/// <summary>The controllers that a connection's object has had: <see cref="Begin"/> gives the one wanted, as if it were new.</summary>
internal sealed class CongestionControllers
{
    private Cubic? _cubic;
    private NewReno? _newReno;

    /// <exception cref="ArgumentOutOfRangeException">The algorithm is unknown.</exception>
    public ICongestionController Begin(CongestionControlAlgorithm algorithm, CongestionOptions options)
    {
        ICongestionController controller = algorithm switch
        {
            CongestionControlAlgorithm.Cubic => _cubic ??= new Cubic(options),
            CongestionControlAlgorithm.NewReno => _newReno ??= new NewReno(options),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Expected Cubic or NewReno."),
        };
        controller.Begin(options);
        return controller;
    }
}
