using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;

namespace HotQuic.Testing;

/// <summary>Signs what a server was asked to sign and returns the signature's length.</summary>
internal delegate int DirectSigner(in SignatureRequest request, Span<byte> signature);

/// <summary>
/// One endpoint of a <see cref="DirectPair"/> with its one connection. It answers the handshake's questions, counts what its calls
/// into the engine allocated, and leaves stream events to <see cref="OnStreamEvent"/>.
/// </summary>
internal sealed class DirectSide : IAdmission
{
    private readonly byte[] _train = new byte[64 * 1500];
    private readonly byte[] _response = new byte[2048];
    private readonly byte[] _signature = new byte[512];
    private readonly ConnectionSettings _settings;

    public DirectSide(EndpointRole role, PathAddress address, ConnectionSettings settings)
    {
        _settings = settings;
        Address = address;
        var random = new SeededRandom((ulong)role + 1);
        KeyShares = new MeteredKeyShares(random);
        Endpoint = new Endpoint(
            new EndpointOptions { TokenSecret = new byte[32], ResetSecret = new byte[32] },
            random,
            KeyShares,
            role == EndpointRole.Server ? this : null);
    }

    public PathAddress Address { get; }

    public Endpoint Endpoint { get; }

    /// <summary>The connection, from its start until it is drained.</summary>
    public Connection? Connection { get; private set; }

    public TlsServerConfiguration ServerTls { get; set; } = TestTls.Server(suites: [Core.Protection.CipherSuite.Aes128GcmSha256]);

    /// <summary>By default a fixed answer, which the other side accepts: what signing costs is the platform's affair.</summary>
    public DirectSigner Sign { get; set; } = static (in request, signature) =>
    {
        signature[..70].Fill(7);
        return 70;
    };

    public Action<DirectSide, StreamEvent>? OnStreamEvent { get; set; }

    /// <summary>Bytes that calls of this side allocated, its signatures and key exchange aside.</summary>
    public long Allocated { get; private set; }

    /// <summary>Bytes that signatures allocated.</summary>
    public long AllocatedBySigning { get; private set; }

    public MeteredKeyShares KeyShares { get; }

    public void Connect(PathAddress remote, TlsClientConfiguration configuration, Instant now)
    {
        Meter meter = Start();
        Connection = Endpoint.Connect(new ClientStart { Settings = _settings, At = now, Remote = remote, Local = Address }, configuration);
        Stop(meter);
    }

    public void Close(Instant now)
    {
        Meter meter = Start();
        Connection!.Close(0, string.Empty, now);
        Stop(meter);
    }

    public void OnTimeout(Instant now)
    {
        if (Connection is { } connection && connection.NextDeadline <= now)
        {
            Meter meter = Start();
            connection.OnTimeout(now);
            DrainEvents(now);
            Stop(meter);
        }
    }

    /// <summary>Everything that is ready to leave is handled by the other side at once.</summary>
    public int TransmitTo(DirectSide other, Instant now)
    {
        int datagrams = 0;
        while (Connection is { } connection)
        {
            Meter meter = Start();
            Train train = connection.Transmit(now, _train);
            DrainEvents(now);
            Stop(meter);
            if (train.IsEmpty)
            {
                break;
            }

            for (int offset = 0; offset < train.Length; offset += train.SegmentSize, datagrams++)
            {
                other.OnDatagram(_train.AsSpan(offset, Math.Min(train.SegmentSize, train.Length - offset)), Address, now);
            }
        }

        return datagrams;
    }

    DropReason IAdmission.CheckDestination(PathAddress local, PathAddress remote) => DropReason.None;

    bool IAdmission.IsSharedWith(int shard, bool mayBegin) => false;

    AdmissionVerdict IAdmission.Decide(in AdmissionRequest request) => AdmissionVerdict.Accept;

    ConnectionSettings IAdmission.SettingsFor(in AdmissionRequest request) => _settings;

    private void OnDatagram(Span<byte> bytes, PathAddress from, Instant now)
    {
        Meter meter = Start();
        DatagramResult result = Endpoint.OnDatagram(new ReceivedDatagram { Bytes = bytes, Remote = from, Local = Address, At = now }, _response);
        Connection = result.Outcome == DatagramOutcome.Accepted ? result.Connection : Connection;
        DrainEvents(now);
        Stop(meter);
    }

    private void DrainEvents(Instant now)
    {
        bool isDrained = false;
        while (Connection!.TryTakeEvent(out ConnectionEventKind kind))
        {
            isDrained |= kind == ConnectionEventKind.Drained;
            Answer(kind, now);
        }

        while (Connection.Streams.TryTakeEvent(out StreamEvent item))
        {
            OnStreamEvent?.Invoke(this, item);
        }

        if (isDrained)
        {
            Endpoint.Return(Connection);
            Connection = null;
        }
    }

    private void Answer(ConnectionEventKind kind, Instant now)
    {
        switch (kind)
        {
            case ConnectionEventKind.NeedConfiguration:
                Connection!.ProvideConfiguration(ServerTls, now);
                break;
            case ConnectionEventKind.NeedSignature:
                long before = GC.GetAllocatedBytesForCurrentThread();
                int length = Sign(Connection!.Handshake.Tls.SignatureRequest, _signature);
                AllocatedBySigning += GC.GetAllocatedBytesForCurrentThread() - before;
                Connection.ProvideSignature(_signature.AsSpan(0, length), now);
                break;
            case ConnectionEventKind.NeedCertificateVerdict:
                Connection!.ProvideCertificateVerdict(CertificateVerdict.Accepted, now);
                break;
            default:
                break;
        }
    }

    private Meter Start() => new(GC.GetAllocatedBytesForCurrentThread(), AllocatedBySigning + KeyShares.Allocated);

    private void Stop(in Meter started) => Allocated +=
        GC.GetAllocatedBytesForCurrentThread() - started.Thread - (AllocatedBySigning + KeyShares.Allocated - started.Apart);

    private readonly record struct Meter(long Thread, long Apart);
}
