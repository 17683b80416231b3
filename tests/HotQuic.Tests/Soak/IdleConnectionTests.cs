using Xunit.Abstractions;

namespace HotQuic.Tests.Soak;

/// <summary>
/// One client process holds 10,000 idle connections to one server process, each within the usual limit of 1,024 open files, and uses some
/// of them after that. What an idle connection costs the server is printed, and must keep within its budget of the managed heap; what it
/// costs of resident memory at 100,000 is measured by the benchmarks' <c>idle</c>.
/// </summary>
[Collection(AloneCollection.Name)]
public class IdleConnectionTests(ITestOutputHelper output)
{
    private const int Connections = 10_000;
    private const int FilesOfOneProcess = 256;

    /// <summary>Of the server's managed heap, for each connection: what is kept in pools after 10,000 handshakes included.</summary>
    private const int BytesOfOneConnection = 7 * 1024;

    [Fact]
    public async Task AProcessHoldsTenThousandIdleConnectionsOnFewSockets()
    {
        using var server = new IdleProcess();
        using var client = new IdleProcess();
        await client.AskAsync("target", await server.AskAsync("serve"));

        // Code, pools and heap are warm before anything is measured.
        Assert.Equal(500, await client.AskAsync("connect", 500));
        await client.AskAsync("close");
        while (await server.AskAsync("connections") > 0)
        {
            await Task.Delay(50);
        }

        long heapBefore = await server.AskAsync("heap");
        long residentBefore = await server.AskAsync("memory");
        long clientBefore = await client.AskAsync("memory");

        Assert.Equal(Connections, await client.AskAsync("connect", Connections));

        Assert.Equal((Connections, Connections), (await client.AskAsync("connections"), await server.AskAsync("connections")));
        Assert.InRange(await client.AskAsync("files"), 0, FilesOfOneProcess);
        Assert.InRange(await server.AskAsync("files"), 0, FilesOfOneProcess);

        // Each has its deadlines until it comes to rest.
        while (await server.AskAsync("timers") > 0)
        {
            await Task.Delay(100);
        }

        long heap = await server.AskAsync("heap");
        long resident = await server.AskAsync("memory");
        output.WriteLine(
            $"Bytes of an idle connection: server {(resident - residentBefore) / Connections} resident, {(heap - heapBefore) / Connections} of "
            + $"the heap; client {(await client.AskAsync("memory") - clientBefore) / Connections} resident.");
        Assert.InRange((heap - heapBefore) / Connections, 0, BytesOfOneConnection);

        Assert.Equal(Connections / 10, await client.AskAsync("ask", 10));
        Assert.Equal(Connections, await server.AskAsync("connections"));
        await client.AskAsync("close");
    }
}
