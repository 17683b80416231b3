namespace HotQuic.Tools.Hq;

/// <summary>How a request ended at the server.</summary>
/// <param name="Path">What was asked for, as the peer sent it; empty when the request was none.</param>
/// <param name="Bytes">How much was sent.</param>
/// <param name="RefusalCode">The code to reset the stream with; null when all was served.</param>
internal readonly record struct HqOutcome(string Path, long Bytes, long? RefusalCode)
{
    private const int LongestPrinted = 200;

    /// <summary>The path for a log: cut off where it is long, and without what a peer could do to a screen.</summary>
    public string PrintablePath => string.Concat(
        Path.Take(LongestPrinted).Select(character => character is > ' ' and <= '~' ? character : '?'));

    /// <summary>All was sent.</summary>
    public static HqOutcome Served(long bytes, string path) => new(path, bytes, RefusalCode: null);

    /// <summary>Nothing, or not all, is to be had.</summary>
    public static HqOutcome Refused(long code, string path) => new(path, Bytes: 0, code);
}
