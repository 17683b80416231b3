using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Diagnostics;
using HotQuic.Testing;

namespace HotQuic.Tests.Diagnostics;

/// <summary>The key log: its lines, who may read them, and that they open packets.</summary>
public sealed class KeyLogFileTests
{
    [Fact]
    public void ALineIsThereAsSoonAsItIsWritten()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "keys.log");
        File.WriteAllText(path, "# kept\n");
        using var log = new KeyLogFile(path);
        log.Write("CLIENT_TRAFFIC_SECRET_0", Bytes(0xab, 32), Bytes(0xcd, 48));

        string[] lines = ReadShared(path);
        Assert.Equal(["# kept", $"CLIENT_TRAFFIC_SECRET_0 {Repeat("ab", 32)} {Repeat("cd", 48)}"], lines);
    }

    [Fact]
    public void ConnectionsOnManyThreadsAndTwoEndpointsShareAFile()
    {
        const int threads = 4;
        const int each = 200;
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "keys.log");
        using (var first = new KeyLogFile(path))
        using (var second = new KeyLogFile(path))
        {
            Parallel.For(0, threads, thread =>
            {
                for (int i = 0; i < each; i++)
                {
                    (i % 2 == 0 ? first : second).Write("LABEL", Bytes((byte)thread, 32), Bytes((byte)i, 32));
                }
            });
        }

        string[] lines = ReadShared(path);
        Assert.Equal(threads * each, lines.Distinct().Count());
        Assert.All(lines, line => Assert.Equal("LABEL".Length + 1 + 64 + 1 + 64, line.Length));
    }

    [Fact]
    public void OnlyTheOwnerMayReadIt()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "keys.log");
        using var log = new KeyLogFile(path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void TheEnvironmentNamesTheFileOrThereIsNone()
    {
        string? before = Environment.GetEnvironmentVariable(KeyLogFile.EnvironmentVariable);
        using var directory = new TemporaryDirectory();
        try
        {
            Environment.SetEnvironmentVariable(KeyLogFile.EnvironmentVariable, null);
            Assert.Null(KeyLogFile.FromEnvironment());
            Environment.SetEnvironmentVariable(KeyLogFile.EnvironmentVariable, Path.Combine(directory.Path, "keys.log"));
            KeyLogFile? log = KeyLogFile.FromEnvironment();
            Assert.NotNull(log);
            Assert.Same(log, KeyLogFile.FromEnvironment());
            Assert.Single(directory.Files);
        }
        finally
        {
            Environment.SetEnvironmentVariable(KeyLogFile.EnvironmentVariable, before);
        }
    }

    [Fact]
    public void AfterDisposeLinesAreIgnored()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "keys.log");
        var log = new KeyLogFile(path);
        log.Dispose();
        log.Write("LABEL", Bytes(1, 32), Bytes(2, 32));
        Assert.Empty(File.ReadAllText(path));
    }

    [Fact]
    public void WhoeverHasTheFileReadsTheConnection()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "keys.log");
        var payloads = new Payloads();
        var captured = new List<byte[]>();
        var run = new TracedRun(4, connection => connection.Role == EndpointRole.Client ? payloads : null, streams: 1, bytes: 5000);
        run.Network.Filter = datagram =>
        {
            if (datagram.To == run.Server.Address)
            {
                captured.Add(datagram.Bytes);
            }

            return true;
        };
        using (var log = new KeyLogFile(path))
        {
            run.Transfer(new TlsClientConfiguration { ServerName = "localhost", ApplicationProtocols = TestTls.Protocols, CipherSuites = [CipherSuite.Aes128GcmSha256], KeyLog = log });
        }

        string[] line = Assert.Single(ReadShared(path), l => l.StartsWith("CLIENT_TRAFFIC_SECRET_0 ", StringComparison.Ordinal)).Split(' ');
        PacketKeys keys = PacketKeys.Derive(QuicVersion.Version1, CipherSuite.Aes128GcmSha256, Convert.FromHexString(line[2]), CipherBackend.Platform);
        int opened = captured.Sum(datagram => OpenOneRtt(datagram, run.Server.Connections[0].LocalConnectionIdLength, keys, payloads));
        Assert.True(opened > 3, $"{opened} packets were opened");
    }

    /// <summary>Opens the 1-RTT packets of a datagram, as an analyser would, and compares each with what was sent.</summary>
    private static int OpenOneRtt(byte[] datagram, int connectionIdLength, PacketKeys keys, Payloads payloads)
    {
        int opened = 0;
        Span<byte> rest = datagram;
        while (!rest.IsEmpty && ProtectedPacket.TryRead(rest, connectionIdLength, out ProtectedPacket packet) == DropReason.None)
        {
            Span<byte> bytes = rest[..packet.Length];
            rest = rest[packet.Length..];
            if (packet.Type != PacketType.OneRtt)
            {
                continue;
            }

            Assert.True(PacketProtector.TryUnprotect(keys.HeaderProtection, bytes, packet.PacketNumberOffset, out UnprotectedHeader header));
            int offset = packet.PacketNumberOffset + header.PacketNumberLength;
            PacketNumber number = PacketNumberEncoding.Decode(header.TruncatedPacketNumber, header.PacketNumberLength, new PacketNumber(opened));
            Assert.True(keys.Aead.TryOpen(number, bytes[..offset], bytes[offset..]));
            Assert.Equal(payloads.Sent[number.Value], bytes[offset..^PacketAead.TagLength].ToArray());
            opened++;
        }

        return opened;
    }

    private static string[] ReadShared(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        string text = reader.ReadToEnd();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return text[..^1].Split('\n');
    }

    private static byte[] Bytes(byte value, int count) => Enumerable.Repeat(value, count).ToArray();

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private sealed class Payloads : ConnectionEventSink
    {
        public Dictionary<long, byte[]> Sent { get; } = [];

        public override void OnPacketSent(in PacketEvent e)
        {
            if (e.Type == PacketType.OneRtt)
            {
                Sent[e.Number.Value] = e.Payload.ToArray();
            }
        }
    }
}
