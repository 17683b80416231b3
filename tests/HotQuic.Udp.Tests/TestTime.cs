namespace HotQuic.Udp.Tests;

/// <summary>How long a test waits for what must happen before it gives up: a bound, never a measurement.</summary>
internal static class TestTime
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
}
