namespace HotQuic.Load.Measuring;

/// <summary>
/// Says to the workers what a run is at: they work from the start, count while <see cref="IsOpen"/>, and stop once
/// <see cref="IsOver"/>. Driven by the runner alone: <see cref="Open"/>, <see cref="Close"/>.
/// </summary>
/// <remarks><code>warming up --Open--> open --Close--> over</code> and straight from warming up to over when a run is broken off.</remarks>
public sealed class MeasuringWindow
{
    private const int WarmingUp = 0;
    private const int Opened = 1;
    private const int Over = 2;

    private volatile int _state = WarmingUp;

    /// <summary>Whether what completes now counts.</summary>
    public bool IsOpen => _state == Opened;

    /// <summary>Whether the workers should end.</summary>
    public bool IsOver => _state == Over;

    /// <summary>Ends the warm-up.</summary>
    public void Open() => _state = Opened;

    /// <summary>Ends the measuring.</summary>
    public void Close() => _state = Over;
}
