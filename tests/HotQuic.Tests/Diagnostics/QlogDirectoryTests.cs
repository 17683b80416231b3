using System.Text.Json;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;
using HotQuic.Diagnostics;

namespace HotQuic.Tests.Diagnostics;

/// <summary>How files come to be, end, and fail, without a shard ever waiting for them.</summary>
public sealed class QlogDirectoryTests
{
    private const ulong Seed = 811;

    [Fact]
    public void DisposingCompletesTheFilesOfConnectionsThatLive()
    {
        using var directory = new TemporaryDirectory();
        var qlog = new QlogDirectory(directory.Path);
        var run = new TracedRun(Seed, qlog.CreateSink);
        run.Transfer();

        qlog.Dispose();
        string[] before = directory.Files.Select(File.ReadAllText).ToArray();
        run.Close();

        Assert.Equal(2, before.Length);
        Assert.Equal(before, directory.Files.Select(File.ReadAllText));
        foreach (QlogText log in directory.Files.Select(QlogText.Read))
        {
            Assert.Empty(log.Faults());
            Assert.NotEmpty(log.DataOf("quic:packet_received"));
            Assert.Empty(log.DataOf("quic:connection_closed"));
        }
    }

    [Fact]
    public async Task DisposingWhileConnectionsRunLeavesWholeRecords()
    {
        using var directory = new TemporaryDirectory();
        var qlog = new QlogDirectory(directory.Path);
        using var half = new ManualResetEventSlim();
        var run = new TracedRun(Seed, qlog.CreateSink, streams: 5, bytes: 200_000);
        run.Network.Filter = _ =>
        {
            if (run.Network.DatagramsDelivered > 300)
            {
                half.Set();
            }

            return true;
        };
        Task disposal = Task.Run(() =>
        {
            half.Wait();
            qlog.Dispose();
        });
        run.Transfer();
        await disposal;

        Assert.Equal(2, directory.Files.Length);
        Assert.All(directory.Files, file => Assert.Empty(QlogText.Read(file).Faults()));
    }

    [Fact]
    public void AFileIsCompleteWhenItsConnectionHasDrained()
    {
        using var directory = new TemporaryDirectory();
        var qlog = new QlogDirectory(directory.Path);
        var run = new TracedRun(Seed, qlog.CreateSink);
        run.Transfer();
        Assert.Equal(2, qlog.OpenFiles);
        run.Close();
        Assert.Equal(0, qlog.OpenFiles);

        qlog.Dispose();
        Assert.All(directory.Files, file => Assert.Equal("closed", QlogText.Read(file).Events[^1].GetProperty("data").GetProperty("new").GetString()));
        Assert.Equal(0, qlog.DroppedEvents);
    }

    [Fact]
    public void OnceDisposedItMakesNoSinks()
    {
        using var directory = new TemporaryDirectory();
        var qlog = new QlogDirectory(directory.Path);
        qlog.Dispose();
        qlog.Dispose();
        var run = new TracedRun(Seed, connection =>
        {
            Assert.Null(qlog.CreateSink(connection));
            return null;
        });
        run.Transfer();
        Assert.Empty(directory.Files);
    }

    [Fact]
    public void ASecondConnectionOfTheSameNameGetsAFileOfItsOwn()
    {
        using var directory = new TemporaryDirectory();
        for (int i = 0; i < 2; i++)
        {
            using var qlog = new QlogDirectory(directory.Path);
            var run = new TracedRun(Seed, qlog.CreateSink);
            run.Transfer();
            run.Close();
        }

        string[] names = directory.Files.Select(f => Path.GetFileName(f)).ToArray();
        Assert.Equal(4, names.Length);
        Assert.Contains(names, n => n.EndsWith("_client.sqlog", StringComparison.Ordinal));
        Assert.Contains(names, n => n.EndsWith("_client-2.sqlog", StringComparison.Ordinal));
        Assert.All(directory.Files, file => Assert.Empty(QlogText.Read(file).Faults()));
    }

    [Fact]
    public void AStuckDiskBlocksNobodyAndWhatIsMissingIsCounted()
    {
        const int events = 5000;
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "stuck.sqlog");
        using var stream = new StuckStream(path);
        var files = new QlogFileWriter(_ => stream, queueLength: 2);
        var trace = new QlogTrace(files);
        trace.Open(new QlogFile("stuck", "\u001e{}\n"u8.ToArray()), new Instant(0));
        for (int i = 0; i < events; i++)
        {
            Assert.True(trace.TryBegin(new Instant(i), "quic:mtu_updated"u8, out Utf8JsonWriter json));
            json.WriteNumber("new"u8, i);
            trace.End();
        }

        trace.Dispose();
        stream.Release();
        files.Dispose();

        QlogText log = QlogText.Read(path);
        int written = log.DataOf("quic:mtu_updated").Count();
        Assert.InRange(written, 1, events - 1);
        JsonElement last = log.Events[^1];
        Assert.Equal("loglevel:warning", last.GetProperty("name").GetString());
        Assert.Equal(events - written, last.GetProperty("data").GetProperty("dropped").GetInt32());
        Assert.Equal(trace.Dropped, events - written);
        Assert.All(log.Events, e => Assert.Null(QlogSchema.FaultOfEvent(e)));
    }

    [Fact]
    public void ADiskThatFailsCostsTheFileAndNothingElse()
    {
        using var directory = new TemporaryDirectory();
        using var qlog = new QlogDirectory(Path.Combine(directory.Path, "gone"));
        Directory.Delete(Path.Combine(directory.Path, "gone"));
        var run = new TracedRun(Seed, qlog.CreateSink);
        run.Transfer();
        run.Close();
        qlog.Dispose();
        Assert.Equal(2, qlog.FailedFiles);
    }

    [Fact]
    public void ARecordLargerThanABlockIsKeptWhole()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "large.sqlog");
        var files = new QlogFileWriter(_ => File.Create(path), queueLength: 2);
        var trace = new QlogTrace(files);
        trace.Open(new QlogFile("large", "\u001e{}\n"u8.ToArray()), new Instant(0));
        Assert.True(trace.TryBegin(new Instant(0), "quic:packet_received"u8, out Utf8JsonWriter json));
        json.WriteStartObject("header"u8);
        json.WriteString("packet_type"u8, QlogNames.Of(PacketType.OneRtt));
        json.WriteEndObject();
        byte[] pings = new byte[1400];
        Array.Fill(pings, (byte)1);
        QlogFrames.Write(json, pings, ackDelayExponent: 3);
        trace.End();
        trace.Dispose();
        files.Dispose();

        JsonElement only = Assert.Single(QlogText.Read(path).Events);
        Assert.Null(QlogSchema.FaultOfEvent(only));
        Assert.Equal(pings.Length, only.GetProperty("data").GetProperty("frames").GetArrayLength());
    }

    /// <summary>A file whose writes wait until they are released.</summary>
    private sealed class StuckStream(string path) : FileStream(path, FileMode.CreateNew)
    {
        private readonly ManualResetEventSlim _released = new();

        public void Release() => _released.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _released.Wait();
            base.Write(buffer);
        }
    }
}
