using System.Diagnostics;
using System.Net.Security;
using HotQuic.Interop.Tests.Peers;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace HotQuic.Interop.Tests;

/// <summary>Peers with one another, without HotQuic: when these fail, the machine or the harness is at fault.</summary>
[Collection(PeersCollection.Name)]
public sealed class HarnessTests(ITestOutputHelper output)
{
    private const long NoApplicationProtocol = 0x178;

    /// <summary>Every peer once as server and once as client; ngtcp2 finds nobody but itself that speaks HTTP/3.</summary>
    public static TheoryData<string, string> Pairs { get; } = new()
    {
        { "quic-go", "quinn-deno" },
        { "quinn-deno", "quic-go" },
        { "quiche", "quic-go" },
        { "lsquic-bun", "quinn-deno" },
        { "quic-go", "quiche" },
        { "quic-go", "lsquic-bun" },
        { "ngtcp2", "ngtcp2" },
    };

    public static TheoryData<string, string> RetryPairs { get; } = new()
    {
        { "quic-go", "quic-go" },
        { "quiche", "quic-go" },
        { "ngtcp2", "ngtcp2" },
    };

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    public async Task PeersTransferSmallFiles(string server, string client)
    {
        await TransferAsync(server, client, Work.Small);
    }

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    public async Task PeersTransferOn200Streams(string server, string client)
    {
        await TransferAsync(server, client, Work.ParallelStreams200);
    }

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    public async Task PeersTransfer20MB(string server, string client)
    {
        await TransferAsync(server, client, Work.Download20MB);
    }

    [SkippableFact]
    public async Task PeersUpload20MB()
    {
        await TransferAsync("quic-go", "quinn-deno", Work.Upload20MB);
    }

    [SkippableTheory]
    [MemberData(nameof(RetryPairs))]
    public async Task ServerSendsRetry(string server, string client)
    {
        PeerReport report = await RunAsync(server, new PeerOptions { Retry = true }, client, new PeerOptions());
        Assert.True(report.Succeeded, report.Error);
        Assert.True(report.RetrySeen);
    }

    [SkippableTheory]
    [InlineData("quic-go", "quinn-deno")]
    [InlineData("quinn-deno", "quic-go")]
    [InlineData("quic-go", "lsquic-bun")]
    [InlineData("quic-go", "quiche")]
    public async Task UnknownProtocolIsRefusedWithItsCode(string server, string client)
    {
        PeerReport report = await RunAsync(server, new PeerOptions(), client, new PeerOptions { Alpn = "nonsense" });
        Assert.False(report.Succeeded);
        Assert.Equal(NoApplicationProtocol, report.ErrorCode);
    }

    [SkippableFact]
    public async Task Ngtcp2TellsTheErrorCode()
    {
        PeerReport report = await RunAsync("quic-go", new PeerOptions(), "ngtcp2", new PeerOptions());
        Assert.False(report.Succeeded);
        Assert.Equal(NoApplicationProtocol, report.ErrorCode);
    }

    [SkippableTheory]
    [InlineData("ngtcp2", "ngtcp2", true)]
    [InlineData("quic-go", "lsquic-bun", false)]
    public async Task ClientMeetsVersionNegotiation(string server, string client, bool goesOn)
    {
        PeerReport report = await RunAsync(server, new PeerOptions(), client, new PeerOptions { Version = 0x1a2a3a4a });
        Assert.Equal(goesOn, report.Succeeded);
        Assert.True(report.VersionNegotiationSeen);
    }

    [SkippableFact]
    public async Task QuicGoClientMeetsVersionNegotiation()
    {
        PeerReport report = await RunAsync("quinn-deno", new PeerOptions(), "quic-go", new PeerOptions { Version = 0x709a50c4 });
        Assert.False(report.Succeeded);
        Assert.True(report.VersionNegotiationSeen);
    }

    [SkippableTheory]
    [InlineData("quic-go", "quinn-deno")]
    [InlineData("lsquic-bun", "quic-go")]
    [InlineData("ngtcp2", "ngtcp2")]
    public async Task ServerAsksForAnotherGroup(string server, string client)
    {
        PeerReport report = await RunAsync(server, new PeerOptions { Group = "P-384" }, client, new PeerOptions());
        Assert.True(report.Succeeded, report.Error);
    }

    [SkippableTheory]
    [InlineData("quic-go", TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    [InlineData("quic-go", TlsCipherSuite.TLS_AES_256_GCM_SHA384)]
    [InlineData("ngtcp2", TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    [InlineData("ngtcp2", TlsCipherSuite.TLS_AES_256_GCM_SHA384)]
    public async Task ServerChoosesTheCipherSuite(string peer, TlsCipherSuite cipherSuite)
    {
        PeerReport report = await RunAsync(peer, new PeerOptions { CipherSuite = cipherSuite }, peer, new PeerOptions());
        Assert.True(report.Succeeded, report.Error);
        Assert.Equal(cipherSuite.ToString(), report.CipherSuite);
    }

    [SkippableTheory]
    [InlineData("quinn-deno", "quic-go")]
    [InlineData("ngtcp2", "ngtcp2")]
    public async Task ClientStartsAKeyUpdate(string server, string client)
    {
        Work work = client == "ngtcp2" ? Work.Small : Work.Medium;
        PeerOptions options = new() { Work = work };
        PeerReport report = await RunAsync(server, options, client, options with { KeyUpdate = true });
        Assert.True(report.Succeeded, report.Error);
        Assert.True(report.LocalKeyUpdates >= 1);
    }

    [SkippableFact]
    public async Task QuinnStartsAKeyUpdateByItself()
    {
        PeerReport report = await RunAsync("quinn-deno", new PeerOptions(), "quic-go", new PeerOptions { Work = Work.Medium });
        Assert.True(report.Succeeded, report.Error);
        Assert.True(report.RemoteKeyUpdates >= 1);
    }

    [SkippableTheory]
    [InlineData("quic-go")]
    [InlineData("quinn-deno")]
    [InlineData("lsquic-bun")]
    [InlineData("quiche")]
    public async Task ClientRefusesAnUntrustedCertificate(string client)
    {
        PeerReport report = await RunAsync("quic-go", new PeerOptions(), client, new PeerOptions { SystemRootsOnly = true });
        Assert.False(report.Succeeded);
    }

    [SkippableTheory]
    [InlineData("quic-go", "quiche")]
    [InlineData("quic-go", "lsquic-bun")]
    [InlineData("ngtcp2", "ngtcp2")]
    public async Task BothSidesLogTheSameSecrets(string server, string client)
    {
        string folder = TestFiles.CreateSubfolder("key-logs");
        PeerOptions serverOptions = new() { KeyLogFile = Path.Combine(folder, "server") };
        PeerOptions clientOptions = new() { KeyLogFile = Path.Combine(folder, "client") };
        PeerReport report = await RunAsync(server, serverOptions, client, clientOptions);
        Assert.True(report.Succeeded, report.Error);
        Assert.Equal(ApplicationSecrets(serverOptions.KeyLogFile), ApplicationSecrets(clientOptions.KeyLogFile));
    }

    [Fact]
    public void MissingPeerFailsInContinuousIntegration()
    {
        Assert.Throws<FailException>(() => TestEnvironment.Require("The peer is missing.", isContinuousIntegration: true));
    }

    [Fact]
    public void MissingPeerSkipsElsewhere()
    {
        Assert.Throws<Xunit.SkipException>(() => TestEnvironment.Require("The peer is missing.", isContinuousIntegration: false));
    }

    /// <summary>The lines of the first 1-RTT secrets of both directions: label, client random, secret.</summary>
    private static string[] ApplicationSecrets(string keyLogFile)
    {
        IEnumerable<string> lines = File.ReadLines(keyLogFile).Where(line => line.Contains("_TRAFFIC_SECRET_0 ", StringComparison.Ordinal));
        string[] secrets = [.. lines.Select(line => line.Trim()).Order(StringComparer.Ordinal)];
        Assert.Equal(2, secrets.Length);
        return secrets;
    }

    private async Task TransferAsync(string server, string client, Work work)
    {
        PeerReport report = await RunAsync(server, new PeerOptions { Work = work }, client, new PeerOptions { Work = work });
        Assert.True(report.Succeeded, report.Error);
        work.VerifyDigests(report.Digests);
    }

    private async Task<PeerReport> RunAsync(string server, PeerOptions serverOptions, string client, PeerOptions clientOptions)
    {
        Peer serverPeer = Peer.ByName(server);
        Peer clientPeer = Peer.ByName(client);
        TestEnvironment.Require(serverPeer.Missing ?? clientPeer.Missing);
        using CancellationTokenSource timeout = new(TestEnvironment.TestTimeout);
        long start = Stopwatch.GetTimestamp();
        await using PeerServer running = await serverPeer.StartServerAsync(serverOptions, timeout.Token);
        output.WriteLine($"{server} listens after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        PeerReport report = await clientPeer.RunClientAsync(clientOptions with { Port = running.Port }, timeout.Token);
        output.WriteLine($"{client} is done after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms: {report}");
        output.WriteLine(running.Output.Length > 20_000 ? running.Output[^20_000..] : running.Output);
        return report;
    }
}
