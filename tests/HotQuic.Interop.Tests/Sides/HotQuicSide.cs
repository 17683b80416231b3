namespace HotQuic.Interop.Tests.Sides;

/// <summary>The adapter of <see cref="IHotQuicSide"/> to HotQuic's public API.</summary>
internal static class HotQuicSide
{
    public static IHotQuicSide? Instance => null;
}
