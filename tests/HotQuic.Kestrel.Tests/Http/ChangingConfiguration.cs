using Microsoft.Extensions.Configuration;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>A configuration of Kestrel's that a test changes while the server runs: set keys, then <see cref="Change"/>.</summary>
internal sealed class ChangingConfiguration : ConfigurationProvider, IConfigurationSource
{
    /// <summary>One endpoint on 127.0.0.1, for every protocol.</summary>
    public ChangingConfiguration(int port)
    {
        this["Endpoints:Https:Url"] = $"https://127.0.0.1:{port}";
        this["Endpoints:Https:Protocols"] = "Http1AndHttp2AndHttp3";
    }

    /// <summary>A value below the section Kestrel.</summary>
    public string this[string key]
    {
        set => Set($"Kestrel:{key}", value);
    }

    /// <summary>Tells Kestrel that it changed, as where a file was saved.</summary>
    public void Change() => OnReload();

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;
}
