using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Diagnostics;

/// <summary>Key log and qlog are a connection's own: who asks for them gets them, nobody else does.</summary>
public class ConnectionLogTests
{
    [Fact]
    public async Task OneConnectionIsTracedOnBothSidesAndTheOtherIsNot()
    {
        using var directory = new TemporaryDirectory();
        string client = Path.Combine(directory.Path, "client");
        string server = Path.Combine(directory.Path, "server");
        string keys = Path.Combine(directory.Path, "keys");
        await using (Pair traced = await Pair.ConnectAsync(
            server: options => options.Transport.QlogDirectory = server,
            client: options => (options.Transport.QlogDirectory, options.Transport.KeyLogFile) = (client, keys)))
        {
            (QuicStream stream, QuicStream other) = await traced.OpenAsync();
            await stream.WriteAsync(new byte[1000], completeWrites: true);
            await other.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
        }

        long secrets = new FileInfo(keys).Length;
        Assert.True(secrets > 0);
        await using (Pair untraced = await Pair.ConnectAsync())
        {
            await untraced.OpenAsync();
        }

        Assert.Equal(secrets, new FileInfo(keys).Length);
        Assert.Contains("quic:packet_sent", await ReadTraceAsync(client, "client"), StringComparison.Ordinal);
        string atServer = await ReadTraceAsync(server, "server");
        Assert.Contains("quic:parameters_set", atServer, StringComparison.Ordinal);
        Assert.Contains("\"frame_type\":\"stream\"", atServer, StringComparison.Ordinal);
    }

    private static async Task<string> ReadTraceAsync(string directory, string role)
    {
        // The file is complete once the connection is drained, three probe timeouts after its end.
        string text = "";
        for (int i = 0; i < 3000 && !text.Contains("quic:connection_closed", StringComparison.Ordinal); i++)
        {
            await Task.Delay(10);
            string[] files = Directory.GetFiles(directory);
            if (files.Length > 0)
            {
                using var reader = new StreamReader(new FileStream(Assert.Single(files), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
                text = await reader.ReadToEndAsync();
            }
        }

        Assert.EndsWith($"_{role}.sqlog", Assert.Single(Directory.GetFiles(directory)), StringComparison.Ordinal);
        return text;
    }
}
