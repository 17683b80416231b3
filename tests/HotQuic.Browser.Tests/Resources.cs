using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace HotQuic.Browser.Tests;

/// <summary>A page with 50 resources: 20 images, 15 style sheets, 15 scripts, each with something that the page can tell it by.</summary>
internal static class Resources
{
    public const string Page = "/resources";

    /// <summary>Images that have their own width, rules of style that apply, scripts that ran.</summary>
    public const string LookAtThePage = """
        [
          [...document.images].filter((image, i) => image.naturalWidth === i + 1).length,
          Array.from({ length: 15 }, (_, i) => getComputedStyle(document.body).getPropertyValue(`--rule-${i}`)).filter((value, i) => Number(value) === i + 1).length,
          scripts.length
        ].join(" ")
        """;

    public const string WhatThePageSees = "20 15 15";

    public static void Map(WebApplication routes)
    {
        routes.MapGet(Page, () => Results.Content(Html(), "text/html"));
        routes.MapGet("/image/{i:int}", (int i) => Results.Content(
            string.Create(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{i + 1}" height="8"/>"""), "image/svg+xml"));
        routes.MapGet("/style/{i:int}", (int i) => Results.Content(
            string.Create(CultureInfo.InvariantCulture, $$"""body { --rule-{{i}}: {{i + 1}} }"""), "text/css"));
        routes.MapGet("/script/{i:int}", (int i) => Results.Content(
            string.Create(CultureInfo.InvariantCulture, $"scripts.push({i});"), "text/javascript"));
    }

    private static string Html()
    {
        IEnumerable<string> styles = Enumerable.Range(0, 15).Select(i => $"<link rel=stylesheet href=/style/{i}>");
        IEnumerable<string> scripts = Enumerable.Range(0, 15).Select(i => $"<script src=/script/{i}></script>");
        IEnumerable<string> images = Enumerable.Range(0, 20).Select(i => $"<img src=/image/{i}>");
        return $"<!doctype html><title>HotQuic</title><script>const scripts = [];</script>{string.Concat([.. styles, .. scripts])}<body>{string.Concat(images)}";
    }
}
