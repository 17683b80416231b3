using System.Text.Json;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Packets;
using HotQuic.Diagnostics;
using HotQuic.Testing;

namespace HotQuic.Tests.Diagnostics;

/// <summary>What the qlog files of whole transfers say, checked against the draft and against each other.</summary>
public sealed class QlogTransferTests
{
    private const ulong Seed = 20260;

    private static readonly LinkConditions Rough = new()
    {
        LossPerThousand = 30,
        DuplicationPerThousand = 30,
        CorruptionPerThousand = 20,
        Jitter = TimeSpan.FromMilliseconds(5),
        Mtu = 1400,
    };

    [Fact]
    public void EveryRecordOfARoughTransferIsOfTheDraft()
    {
        (QlogText client, QlogText server) = Trace(Rough);

        Assert.Empty(client.Faults());
        Assert.Empty(server.Faults());
        string[] expected =
        [
            "quic:connection_started", "quic:version_information", "quic:alpn_information", "quic:parameters_set", "quic:packet_sent",
            "quic:packet_received", "quic:packet_dropped", "quic:packet_lost", "quic:recovery_metrics_updated", "quic:mtu_updated",
            "quic:connection_state_updated", "quic:key_updated", "quic:connection_closed",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), client.Events.Select(e => e.GetProperty("name").GetString()!).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TheHeaderNamesTheConnectionAndTheSide()
    {
        (QlogText client, QlogText server) = Trace(LinkConditions.Perfect);

        JsonElement trace = client.Header.GetProperty("trace");
        Assert.StartsWith("{\"file_schema\":\"urn:ietf:params:qlog:file:sequential\",\"serialization_format\":\"application/qlog+json-seq\"", client.Header.GetRawText(), StringComparison.Ordinal);
        string id = trace.GetProperty("common_fields").GetProperty("group_id").GetString()!;
        Assert.True(id.Length >= 16);
        Assert.Equal(id, server.Header.GetProperty("trace").GetProperty("common_fields").GetProperty("group_id").GetString());
        Assert.Equal("client", trace.GetProperty("vantage_point").GetProperty("type").GetString());
        Assert.Equal($"{id}_client.sqlog", client.Name);
        Assert.Equal($"{id}_server.sqlog", server.Name);
        Assert.Contains("urn:ietf:params:qlog:events:quic-13", trace.GetProperty("event_schemas").EnumerateArray().Select(s => s.GetString()));
    }

    [Fact]
    public void TimeNeverGoesBackAndSentPacketNumbersRise()
    {
        (QlogText client, QlogText server) = Trace(Rough);
        foreach (QlogText log in new[] { client, server })
        {
            double[] times = log.Events.Select(e => e.GetProperty("time").GetDouble()).ToArray();
            Assert.Equal(0, times[0]);
            Assert.Equal(times.Order(), times);
            foreach (IGrouping<string, JsonElement> space in log.DataOf("quic:packet_sent").Select(d => d.GetProperty("header")).GroupBy(h => h.GetProperty("packet_type").GetString()!))
            {
                long last = -1;
                foreach (JsonElement header in space)
                {
                    long number = header.GetProperty("packet_number").GetInt64();
                    Assert.True(number > last, $"{space.Key} {number} was sent after {last} (seed {Seed})");
                    last = number;
                }
            }
        }
    }

    [Fact]
    public void EveryPacketReceivedIsOneThatTheOtherSideSent()
    {
        (QlogText client, QlogText server) = Trace(Rough);
        AssertReceivedWasSent(client, server);
        AssertReceivedWasSent(server, client);
    }

    [Fact]
    public void OnAPerfectLinkEverythingSentIsReceived()
    {
        (QlogText client, QlogText server) = Trace(LinkConditions.Perfect);

        // The answer to a close may find the other side gone.
        Assert.Equal(Packets(server, "quic:packet_received"), Packets(client, "quic:packet_sent"));
        Assert.Empty(client.DataOf("quic:packet_dropped"));
        Assert.Empty(client.DataOf("quic:packet_lost"));
    }

    [Fact]
    public void DropsHaveReasonsThatFitWhatTheLinkDid()
    {
        (QlogText client, QlogText server) = Trace(Rough);
        string[] reasons = client.DataOf("quic:packet_dropped").Concat(server.DataOf("quic:packet_dropped"))
            .Select(d => $"{d.GetProperty("trigger").GetString()}/{d.GetProperty("details").GetProperty("reason").GetString()}").Distinct().ToArray();
        Assert.Contains("duplicate/duplicate", reasons);
        Assert.Contains("decryption_failure/authentication_failed", reasons);
    }

    [Fact]
    public void MetricsAreLoggedOnlyWhereTheyChange()
    {
        (QlogText client, _) = Trace(Rough);
        var last = new Dictionary<string, double>();
        JsonElement[] updates = client.DataOf("quic:recovery_metrics_updated").ToArray();
        Assert.NotEmpty(updates);

        // ssthresh may become infinite, which is not logged, and come back to the same.
        foreach (JsonProperty metric in updates.SelectMany(u => u.EnumerateObject()).Where(m => m.Name != "ssthresh"))
        {
            Assert.False(last.TryGetValue(metric.Name, out double value) && value == metric.Value.GetDouble(), $"{metric.Name} is {value} again");
            last[metric.Name] = metric.Value.GetDouble();
        }

        Assert.Superset(new HashSet<string> { "min_rtt", "smoothed_rtt", "latest_rtt", "rtt_variance", "congestion_window", "bytes_in_flight" }, last.Keys.ToHashSet());
        Assert.True(last["min_rtt"] >= 20, "two delays of 10 ms");
    }

    [Fact]
    public void ParametersOfBothSidesAreLoggedByBoth()
    {
        (QlogText client, QlogText server) = Trace(LinkConditions.Perfect);
        Assert.Equal(Parameters(client, "local"), Parameters(server, "remote"));
        Assert.Equal(Parameters(client, "remote"), Parameters(server, "local"));
        Assert.DoesNotContain("stateless_reset_token", Parameters(server, "local"), StringComparison.Ordinal);
    }

    [Fact]
    public void StatesGoFromAttemptedToClosed()
    {
        (QlogText client, QlogText server) = Trace(LinkConditions.Perfect);
        Assert.Equal(["attempted", "handshake_started", "handshake_complete", "handshake_confirmed", "closing", "closed"], States(client));
        Assert.Equal(["attempted", "handshake_started", "handshake_complete", "handshake_confirmed", "draining", "closed"], States(server));
        AssertClosed(client, "local");
        AssertClosed(server, "remote");
    }

    [Fact]
    public void AReasonThatIsNotTextDoesNotSpoilTheFile()
    {
        using var directory = new TemporaryDirectory();
        using (var qlog = new QlogDirectory(directory.Path))
        {
            var run = new TracedRun(Seed, qlog.CreateSink);
            run.Transfer();
            run.Close("half a pair: \ud800 and a line\nand a quote\"");
        }

        Assert.All(directory.Files, file => Assert.Empty(QlogText.Read(file).Faults()));
    }

    [Fact]
    public void AnIdleTimeoutIsLoggedAsOneThatNoSideBegan()
    {
        using var directory = new TemporaryDirectory();
        using (var qlog = new QlogDirectory(directory.Path))
        {
            var run = new TracedRun(Seed, qlog.CreateSink);
            run.Transfer();
            run.Network.RunFor(TimeSpan.FromMinutes(2));
        }

        foreach (string file in directory.Files)
        {
            QlogText log = QlogText.Read(file);
            Assert.Empty(log.Faults());
            JsonElement closed = Assert.Single(log.DataOf("quic:connection_closed"));
            Assert.Equal("idle_timeout", closed.GetProperty("trigger").GetString());
            Assert.False(closed.TryGetProperty("initiator", out _));
            Assert.Equal("closed", States(log)[^1]);
        }
    }

    [Fact]
    public void ARetryIsLoggedAsReceived()
    {
        (QlogText client, QlogText server) = Trace(LinkConditions.Perfect, run => run.Server.Admission = AdmissionVerdict.Retry);
        JsonElement retry = Assert.Single(client.DataOf("quic:packet_received"), d => d.GetProperty("header").GetProperty("packet_type").GetString() == "retry");
        Assert.True(retry.GetProperty("raw").GetProperty("length").GetInt32() > 0);
        Assert.Empty(client.Faults());
        Assert.Equal(client.Name.Replace("client", "server", StringComparison.Ordinal), server.Name);
    }

    [Fact]
    public void AVersionNegotiationIsLoggedWithItsVersions()
    {
        using var directory = new TemporaryDirectory();
        using (var qlog = new QlogDirectory(directory.Path))
        {
            var run = new TracedRun(Seed, qlog.CreateSink);
            run.Network.Filter = datagram => Answer(run, datagram);
            run.Client.Connect(run.Server);
            Assert.True(run.Network.RunUntil(() => run.Client.Connections.Count == 0, TimeSpan.FromMinutes(1)));
        }

        QlogText client = QlogText.Read(Assert.Single(directory.Files));
        Assert.Empty(client.Faults());
        JsonElement negotiation = Assert.Single(client.DataOf("quic:packet_received"));
        Assert.Equal("version_negotiation", negotiation.GetProperty("header").GetProperty("packet_type").GetString());
        Assert.Equal("0a0b0c0d", negotiation.GetProperty("supported_versions")[0].GetString());
        Assert.Equal("0a0b0c0d", client.DataOf("quic:version_information").Last().GetProperty("server_versions")[0].GetString());
        Assert.Equal("version_mismatch", Assert.Single(client.DataOf("quic:connection_closed")).GetProperty("trigger").GetString());
    }

    private static bool Answer(TracedRun run, SimulatedDatagram datagram)
    {
        if (datagram.To != run.Server.Address)
        {
            return true;
        }

        Assert.True(InvariantHeader.TryRead(datagram.Bytes, 0, out InvariantHeader header));
        byte[] answer = new byte[64];
        int length = VersionNegotiationPacket.Write(answer, header, [(QuicVersion)0x0a0b0c0d], run.Server.Random);
        run.Network.Send(new SimulatedDatagram(datagram.To, datagram.From, answer[..length], EcnCodepoint.NotEct));
        return false;
    }

    private static (QlogText Client, QlogText Server) Trace(LinkConditions conditions, Action<TracedRun>? prepare = null)
    {
        using var directory = new TemporaryDirectory();
        using (var qlog = new QlogDirectory(directory.Path))
        {
            var run = new TracedRun(Seed, qlog.CreateSink);
            run.Network.Conditions[run.Server.Address] = conditions;
            run.Network.Conditions[run.Client.Address] = conditions;
            prepare?.Invoke(run);
            run.Transfer();
            Assert.True(run.Connection.TryUpdateKeys(run.Network.Now), "a key update was not permitted");
            run.Network.RunFor(TimeSpan.FromSeconds(1));
            run.Close();
        }

        string[] files = directory.Files;
        Assert.Equal(2, files.Length);
        return (QlogText.Read(files[0]), QlogText.Read(files[1]));
    }

    private static void AssertReceivedWasSent(QlogText receiver, QlogText sender)
    {
        var sent = Packets(sender, "quic:packet_sent").ToHashSet();
        string[] received = Packets(receiver, "quic:packet_received");
        Assert.NotEmpty(received);
        Assert.All(received, packet => Assert.True(sent.Contains(packet), $"{packet} was never sent (seed {Seed})"));
        Assert.Equal(received.Length, received.Distinct().Count());
    }

    /// <summary>Header, frames and lengths as text: the same on both sides.</summary>
    private static string[] Packets(QlogText log, string name) => log.DataOf(name).Select(d => d.GetRawText()).ToArray();

    private static string Parameters(QlogText log, string initiator) =>
        Assert.Single(log.DataOf("quic:parameters_set"), d => d.GetProperty("initiator").GetString() == initiator).GetRawText()
            .Replace($"\"initiator\":\"{initiator}\"", string.Empty, StringComparison.Ordinal);

    private static string[] States(QlogText log) => log.DataOf("quic:connection_state_updated").Select(d => d.GetProperty("new").GetString()!).ToArray();

    private static void AssertClosed(QlogText log, string initiator)
    {
        JsonElement closed = Assert.Single(log.DataOf("quic:connection_closed"));
        Assert.Equal(initiator, closed.GetProperty("initiator").GetString());
        Assert.Equal("unknown", closed.GetProperty("application_error").GetString());
        Assert.Equal(7, closed.GetProperty("error_code").GetInt32());
        Assert.Equal("done", closed.GetProperty("reason").GetString());
        Assert.Equal("application", closed.GetProperty("trigger").GetString());
    }
}
