using HotQuic;
using HotQuic.Kestrel;

namespace WebApp;

/// <summary>A page with its resources, and what the server knows of the request as JSON.</summary>
internal static class Page
{
    private const string Html = """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>HotQuic</title><link rel="stylesheet" href="/style.css"><link rel="icon" href="/logo.svg"></head>
        <body>
          <h1>HotQuic</h1>
          <img src="/logo.svg" alt="" width="96" height="96">
          <pre id="request">…</pre>
          <pre id="events"></pre>
          <script src="/page.js"></script>
        </body>
        </html>
        """;

    private const string Style = "body { font-family: system-ui, sans-serif; margin: 3rem; } pre { background: #f4f4f4; padding: 1rem; }";

    private const string Logo = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M4 0 7 4 5 4 6 8 1 3 3 3Z" fill="#e4572e"/></svg>
        """;

    private const string Script = """
        fetch("/request").then(answer => answer.json()).then(request =>
          document.getElementById("request").textContent = JSON.stringify(request, null, 2));
        const events = new EventSource("/events");
        events.onmessage = event => document.getElementById("events").textContent += event.data + "\n";
        """;

    public static void Map(WebApplication app)
    {
        app.MapGet("/", () => Results.Content(Html, "text/html"));
        app.MapGet("/style.css", () => Results.Content(Style, "text/css"));
        app.MapGet("/page.js", () => Results.Content(Script, "text/javascript"));
        app.MapGet("/logo.svg", () => Results.Content(Logo, "image/svg+xml"));
        app.MapGet("/request", Describe);
    }

    private static IResult Describe(HttpContext context)
    {
        QuicConnectionStatistics? quic = context.Features.Get<IQuicConnectionStatisticsFeature>()?.GetStatistics();
        return Results.Json(new
        {
            context.Request.Protocol,
            Client = $"{context.Connection.RemoteIpAddress}",
            RoundTripMilliseconds = quic?.SmoothedRtt.TotalMilliseconds,
            quic?.CongestionWindow,
            quic?.PacketsLost,
        });
    }
}
