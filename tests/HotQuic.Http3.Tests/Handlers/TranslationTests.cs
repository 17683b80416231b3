using System.Net;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Handlers;

/// <summary>What HttpClient's users say and read that looks otherwise in HTTP/3.</summary>
public sealed class TranslationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>HttpMethod takes known methods in any case, and so does HttpClient elsewhere.</summary>
    [Theory]
    [InlineData("get", "GET")]
    [InlineData("head", "HEAD")]
    [InlineData("Post", "POST")]
    [InlineData("patch", "PATCH")]
    [InlineData("custom", "custom")]
    public async Task KnownMethodsAreSentAsTheyAreSpelled(string method, string sent)
    {
        string? seen = null;
        await using ScriptedServer server = await AnsweringAsync(request => seen = request[":method"]);
        using HttpClient client = Client(server);
        using HttpRequestMessage request = new(new HttpMethod(method), server.Uri) { Version = HttpVersion.Version30 };
        using HttpResponseMessage response = await client.SendAsync(request).WaitAsync(Patience);
        Assert.Equal(sent, seen);
    }

    /// <summary>RFC 9110 §10.1.1: who sends no content expects no word about it.</summary>
    [Fact]
    public async Task NothingIsExpectedWithoutContent()
    {
        List<(string Name, string Value)>? seen = null;
        await using ScriptedServer server = await AnsweringAsync(request => seen = request.Fields);
        using HttpClient client = Client(server);
        client.DefaultRequestHeaders.ExpectContinue = true;
        using HttpResponseMessage response = await client.GetAsync(server.Uri).WaitAsync(Patience);
        Assert.DoesNotContain(seen!, field => field.Name == "expect");
    }

    /// <summary>RFC 9110 §5.5, RFC 9114 §10.3: space around a value is no part of it, and servers take it for a malformed request.</summary>
    [Fact]
    public async Task Herr05_SpaceAroundAValueIsNotSent()
    {
        List<(string Name, string Value)>? seen = null;
        await using ScriptedServer server = await AnsweringAsync(request => seen = request.Fields);
        using HttpClient client = Client(server);
        client.DefaultRequestHeaders.TryAddWithoutValidation("x-token", " \t a token ");
        client.DefaultRequestHeaders.TryAddWithoutValidation("x-nothing", " ");
        using HttpResponseMessage response = await client.GetAsync(server.Uri).WaitAsync(Patience);
        Assert.Contains(("x-token", "a token"), seen!);
        Assert.Contains(("x-nothing", string.Empty), seen!);
    }

    /// <summary>Answers one request, once it was looked at.</summary>
    private static Task<ScriptedServer> AnsweringAsync(Action<ServedRequest> look) => ScriptedServer.StartAsync(async connection =>
    {
        await connection.StartAsync();
        ServedRequest request = await connection.AcceptAsync();
        look(request);
        await request.AnswerAsync(Wire.Ok);
    });

    private static HttpClient Client(ScriptedServer server) =>
        new(new Http3Handler { SslOptions = ScriptedServer.Trust, EndPointCallback = _ => server.ClientOptions.RemoteEndPoint })
        {
            DefaultRequestVersion = HttpVersion.Version30,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
}
