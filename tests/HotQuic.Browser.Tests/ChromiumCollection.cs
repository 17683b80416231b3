namespace HotQuic.Browser.Tests;

/// <summary>One browser at a time: side by side they would only slow one another on a small machine.</summary>
[CollectionDefinition(Name)]
public sealed class ChromiumCollection
{
    public const string Name = "Chromium";
}
