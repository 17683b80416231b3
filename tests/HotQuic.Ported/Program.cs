using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]
[assembly: SupportedOSPlatform("macos")]
[assembly: SupportedOSPlatform("windows")]

// An echo server and its client, as a user of System.Net.Quic writes them, with every option and member that there is. Nothing in these
// files names a namespace of QUIC: the project does, by one using, and there are two projects.
if (!QuicListener.IsSupported || !QuicConnection.IsSupported)
{
    Console.WriteLine("QUIC is not supported here.");
    return 1;
}

using var certificates = new Ported.Certificates();
await using Ported.EchoServer server = await Ported.EchoServer.StartAsync(certificates);
Console.WriteLine($"listening on {server.EndPoint.Address}");
await using (Ported.EchoClient client = await Ported.EchoClient.ConnectAsync(server.EndPoint, certificates))
{
    await client.DescribeAsync();
    await client.EchoAsync("hello");
    await client.EchoInPartsAsync();
    await client.EchoBlockingAsync();
    await client.SendOneWayAsync();
    await client.ReceiveFromServerAsync();
    await client.AbortAsync();
    await client.CancelAsync();
    await client.CloseAsync();
}

await Ported.Failures.ShowAsync(server.EndPoint, certificates);
Console.WriteLine("done");
return 0;
