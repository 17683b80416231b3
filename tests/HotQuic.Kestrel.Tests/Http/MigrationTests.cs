using System.Net;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>A client that appears at another address (K12).</summary>
public sealed class MigrationTests
{
    private static readonly IPAddress Elsewhere = IPAddress.Parse("127.0.0.2");

    /// <summary>K12: what Kestrel keeps with a stream's context for the next request must not keep the former address.</summary>
    [Fact]
    public async Task K12_TheApplicationSeesTheAddressThatTheClientMovedTo()
    {
        await using TestApplication application = await TestApplication.StartAsync();
        await using var relay = new Relay(application.EndPoint);
        await using Http3TestClient client = await Http3TestClient.ConnectAsync(relay.EndPoint);
        IPEndPoint before = relay.Seen;
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal($"{before}", (await client.GetAsync("/address")).Text);
        }

        relay.Move(Elsewhere);
        string seen;
        do
        {
            // The server follows once the new path is proven to be the client's (RFC 9000 §9.3).
            seen = (await client.GetAsync("/address")).Text;
        }
        while (seen == $"{before}");

        Assert.Equal($"{relay.Seen}", seen);
        Assert.Equal($"{relay.Seen}", (await client.GetAsync("/address")).Text);
    }
}
