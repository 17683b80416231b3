using System.Diagnostics.CodeAnalysis;
using HotQuic.Load.Measuring;

namespace HotQuic.Load.Scenarios;

/// <summary>
/// One of a load's copies, whichever API works it: what it does one operation after the other until <see cref="IsOver"/>, and the account of
/// it, where what ends outside the window is left out.
/// </summary>
/// <param name="context">What it shares with the others.</param>
/// <param name="index">Its number among them; copies take the connections in turn.</param>
internal sealed class LoadCopy(LoadContext context, int index)
{
    private readonly Tally _tally = context.Tallies.For(index);

    /// <summary>Which scenario it belongs to.</summary>
    public ScenarioKind Kind => context.Kind;

    /// <summary>Bytes of a request.</summary>
    public int RequestSize { get; } = context.Settings.RequestSize ?? 0;

    /// <summary>Bytes of a response.</summary>
    public int ResponseSize { get; } = context.Settings.ResponseSize ?? 0;

    /// <summary>Whether it is to end.</summary>
    public bool IsOver => context.Window.IsOver;

    /// <summary>What is wrong where a download has an end.</summary>
    public static InvalidDataException DownloadEnded() => new("The server ended the download.");

    /// <summary>An operation has ended that moved so many bytes and began at this <see cref="System.Diagnostics.Stopwatch"/> timestamp.</summary>
    public void Count(long start, long bytes)
    {
        if (context.Window.IsOpen)
        {
            _tally.Count(start, bytes);
            context.Shares.Count(index, bytes);
        }
    }

    /// <summary>A response has come whole; false, with what is wrong, where it has not its size.</summary>
    public bool TryCountResponse(long start, long received, [NotNullWhen(false)] out InvalidDataException? fault)
    {
        fault = received == ResponseSize ? null : new($"A response has {received} bytes, not {ResponseSize}.");
        if (fault is null)
        {
            Count(start, RequestSize + received);
        }

        return fault is null;
    }
}
