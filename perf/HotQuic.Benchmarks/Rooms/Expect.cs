namespace HotQuic.Benchmarks.Rooms;

/// <summary>What does not do its work must not look cheap.</summary>
internal static class Expect
{
    public static void True(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("An operation that is measured did not succeed.");
        }
    }
}
