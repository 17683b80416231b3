using System.Runtime.CompilerServices;

namespace WebApp;

/// <summary>Server-sent events: the time, once a second, until the client goes.</summary>
internal static class Events
{
    public static void Map(WebApplication app) =>
        app.MapGet("/events", (CancellationToken cancellationToken) => TypedResults.ServerSentEvents(TickAsync(cancellationToken)));

    private static async IAsyncEnumerable<string> TickAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
        {
            yield return DateTimeOffset.UtcNow.ToString("T", System.Globalization.CultureInfo.InvariantCulture);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}
