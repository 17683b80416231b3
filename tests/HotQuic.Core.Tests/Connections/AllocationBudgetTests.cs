using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Core.Tls;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>What the engine may allocate once it is warm: nothing for a packet, a request or an accepted connection.</summary>
public sealed class AllocationBudgetTests : IDisposable
{
    private const int DataPackets = 100_000;
    private const int RequestSize = 64;

    private readonly DirectPair _pair = new();
    private readonly TlsClientConfiguration _configuration = TestTls.Client([CipherSuite.Aes128GcmSha256]);
    private readonly byte[] _data = new byte[256 * 1024];
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _answered;

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void L32_AnAcceptedConnectionAllocatesNothingOnTheServer()
    {
        // The runtime takes arrays back from its shared pool when it collects: a window may see one made anew, not each of them.
        const int connections = 50;
        const int windows = 5;
        ConnectAndClose(connections);
        long least = long.MaxValue;
        for (int i = 0; i < windows; i++)
        {
            long before = _pair.Server.Allocated;
            ConnectAndClose(connections);
            least = Math.Min(least, _pair.Server.Allocated - before);
        }

        Assert.Equal(0, least);
        Assert.Equal((windows + 1) * connections, _pair.Server.Endpoint.Statistics.ConnectionsAccepted);
        Assert.Equal(0, _pair.Server.Endpoint.ConnectionCount + _pair.Client.Endpoint.ConnectionCount);
    }

    [Fact]
    public void L32_WithAllItsSuitesAndARealSignatureAnAcceptedConnectionStaysBelow4KB()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        _pair.Server.Sign = (in request, signature) =>
        {
            key.TrySignData(
                request.Content.Span,
                signature,
                System.Security.Cryptography.HashAlgorithmName.SHA256,
                System.Security.Cryptography.DSASignatureFormat.Rfc3279DerSequence,
                out int length);
            return length;
        };
        foreach (CipherSuite suite in TlsClientConfiguration.DefaultCipherSuites)
        {
            _pair.Server.ServerTls = TestTls.Server(suites: [suite]);
            ConnectAndClose(20, TestTls.Client([suite]));
            long before = All(_pair.Server);
            ConnectAndClose(20, TestTls.Client([suite]));
            Assert.InRange((All(_pair.Server) - before) / 20, 0, 4096);
        }

        static long All(DirectSide side) => side.Allocated + side.AllocatedBySigning + side.KeyShares.Allocated;
    }

    [Fact]
    public void AHundredThousandDataPacketsEachWayAllocateNothing()
    {
        _pair.Connect(_configuration);
        _ = _pair.Client.Connection!.Streams.TryOpen(StreamDirection.Bidirectional, out StreamId id);
        Pump(id, DataPackets / 10);
        long client = _pair.Client.Allocated;
        long server = _pair.Server.Allocated;
        long all = GC.GetAllocatedBytesForCurrentThread();
        Pump(id, DataPackets);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - all);
        Assert.Equal((0, 0), (_pair.Client.Allocated - client, _pair.Server.Allocated - server));
    }

    [Fact]
    public void ARequestOnAStreamOfItsOwnAllocatesNothing()
    {
        _pair.Server.OnStreamEvent = Answer;
        _pair.Client.OnStreamEvent = Take;
        _pair.Connect(_configuration);
        Request(500);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Request(5000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(5500, _answered);
    }

    private void ConnectAndClose(int times, TlsClientConfiguration? configuration = null)
    {
        for (int i = 0; i < times; i++)
        {
            _pair.Connect(configuration ?? _configuration);
            _pair.Close();
        }
    }

    /// <summary>Both sides write as much as they may and read what came, until so many packets went each way.</summary>
    private void Pump(StreamId id, int packets)
    {
        Connection client = _pair.Client.Connection!;
        Connection server = _pair.Server.Connection!;
        long fromClient = client.Statistics.PacketsSent + packets;
        long fromServer = server.Statistics.PacketsSent + packets;
        while (client.Statistics.PacketsSent < fromClient || server.Statistics.PacketsSent < fromServer)
        {
            client.Streams.Write(id, _data, out _);
            server.Streams.Write(id, _data, out _);
            _pair.Turn();
            client.Streams.Read(id, _buffer, out _);
            server.Streams.Read(id, _buffer, out _);
        }
    }

    private void Request(int times)
    {
        Connection client = _pair.Client.Connection!;
        for (int i = 0; i < times; i++)
        {
            int expected = _answered + 1;
            StreamId id;
            while (!client.Streams.TryOpen(StreamDirection.Bidirectional, out id))
            {
                _pair.Turn();
            }

            WriteWhole(client, id);
            while (_answered < expected)
            {
                _pair.Turn();
            }
        }
    }

    private void Answer(DirectSide side, StreamEvent item)
    {
        if (item.Kind == StreamEventKind.Readable && side.Connection!.Streams.Read(item.Id, _buffer, out StreamRead read) == StreamResult.Done && read.IsEnd)
        {
            WriteWhole(side.Connection, item.Id);
        }
    }

    private void Take(DirectSide side, StreamEvent item)
    {
        if (item.Kind == StreamEventKind.Readable && side.Connection!.Streams.Read(item.Id, _buffer, out StreamRead read) == StreamResult.Done)
        {
            _answered += read.Count == RequestSize && read.IsEnd ? 1 : 0;
        }
    }

    private void WriteWhole(Connection connection, StreamId id)
    {
        connection.Streams.Write(id, _data.AsSpan(0, RequestSize), out _);
        connection.Streams.Finish(id);
    }
}
