using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Testing;

/// <summary>
/// An endpoint with its connections in a <see cref="SimulatedNetwork"/>: does what a shard does, in virtual time. The
/// handshake's questions are answered from <see cref="TestTls"/>; what the connections' streams bring goes to the application.
/// </summary>
internal sealed class SimulatedHost : IAdmission
{
    private readonly SimulatedNetwork _network;
    private readonly byte[] _buffer = new byte[65507];
    private readonly List<Connection> _connections = [];
    private readonly List<Connection> _drained = [];

    public SimulatedHost(SimulatedNetwork network, PathAddress address, ulong seed, bool isServer, Func<EndpointOptions, EndpointOptions>? configure = null)
    {
        _network = network;
        Address = address;
        Random = new SeededRandom(seed);
        byte[] tokenSecret = new byte[32];
        byte[] resetSecret = new byte[32];
        Random.Fill(tokenSecret);
        Random.Fill(resetSecret);
        var options = new EndpointOptions { TokenSecret = tokenSecret, ResetSecret = resetSecret, SinkFactory = network.SinkFor };
        Endpoint = new Endpoint(
            configure?.Invoke(options) ?? options,
            Random,
            new SystemKeyShareFactory(Random),
            isServer ? this : null);
        network.Add(this);
    }

    public PathAddress Address { get; }

    public SeededRandom Random { get; }

    public Endpoint Endpoint { get; }

    public ConnectionSettings Settings { get; set; } = ConnectionSettings.Default;

    public AdmissionVerdict Admission { get; set; } = AdmissionVerdict.Accept;

    /// <summary>Why a server listens to nobody; None where it does.</summary>
    public DropReason Absence { get; set; }

    /// <summary>Whether another shard is to have what its connection IDs lead to: its number, and whether the datagram may be a first one.</summary>
    public Func<int, bool, bool>? Sharing { get; set; }

    /// <summary>What a server answers to NeedConfiguration.</summary>
    public TlsServerConfiguration ServerTls { get; set; } = TestTls.Server();

    /// <summary>Questions of the handshake that nobody answers, as where the answer takes long.</summary>
    public HashSet<ConnectionEventKind> Unanswered { get; } = [];

    /// <summary>Settings that a server gives together with <see cref="ServerTls"/>, in place of those it admitted the client with.</summary>
    public ConnectionSettings? LateSettings { get; set; }

    public Action<Connection, ConnectionEventKind>? OnConnectionEvent { get; set; }

    public Action<Connection, StreamEvent>? OnStreamEvent { get; set; }

    /// <summary>Sees what the endpoint made of each datagram, before the connection goes on.</summary>
    public Action<DatagramResult>? OnDatagramResult { get; set; }

    /// <summary>Runs after everything else that a connection did, before it transmits.</summary>
    public Action<Connection>? OnTurn { get; set; }

    /// <summary>Every connection that was not drained yet.</summary>
    public IReadOnlyList<Connection> Connections => _connections;

    public Instant NextDeadline
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Connection connection in _connections)
            {
                next = Instant.Min(next, connection.NextDeadline);
            }

            return next;
        }
    }

    /// <summary>What a client brings along from an earlier connection.</summary>
    public ReadOnlyMemory<byte> Token { get; set; }

    public Connection Connect(SimulatedHost server, TlsClientConfiguration? tls = null, QuicVersion version = QuicVersion.Version1)
    {
        Connection connection = Endpoint.Connect(
            new ClientStart { Settings = Settings, At = _network.Now, Remote = server.Address, Local = Address, Version = version, Token = Token },
            tls ?? TestTls.Client());
        _connections.Add(connection);
        Turn(connection);
        return connection;
    }

    /// <summary>Handles a datagram at once and says what became of it.</summary>
    public DatagramResult OnDatagram(in SimulatedDatagram datagram)
    {
        DatagramResult result = Endpoint.OnDatagram(
            new ReceivedDatagram { Bytes = datagram.Bytes, Remote = datagram.From, Local = datagram.To, At = _network.Now, Ecn = datagram.Ecn },
            _buffer);
        OnDatagramResult?.Invoke(result);
        switch (result.Outcome)
        {
            case DatagramOutcome.Accepted:
                _connections.Add(result.Connection!);
                Turn(result.Connection!);
                break;
            case DatagramOutcome.Routed:
                Turn(result.Connection!);
                break;
            case DatagramOutcome.Answered:
                _network.Send(new SimulatedDatagram(Address, datagram.From, _buffer.AsSpan(0, result.ResponseLength).ToArray(), EcnCodepoint.NotEct));
                break;
            default:
                break;
        }

        return result;
    }

    /// <summary>Gives the objects of all drained connections to those that come; a test that looks at one afterwards looks at another's.</summary>
    public IReadOnlyList<Connection> ReturnDrained()
    {
        Connection[] returned = [.. _drained];
        _drained.Clear();
        foreach (Connection connection in returned)
        {
            Endpoint.Return(connection);
        }

        return returned;
    }

    /// <summary>Does what is due on every connection.</summary>
    public void OnTimeout()
    {
        foreach (Connection connection in _connections.ToArray())
        {
            if (connection.NextDeadline <= _network.Now)
            {
                connection.OnTimeout(_network.Now);
                Turn(connection);
            }
        }
    }

    /// <summary>Events, application, packets: call after changing anything on a connection from outside.</summary>
    public void Turn(Connection connection)
    {
        while (connection.TryTakeEvent(out ConnectionEventKind kind))
        {
            OnEvent(connection, kind);
        }

        while (connection.Streams.TryTakeEvent(out StreamEvent streamEvent))
        {
            OnStreamEvent?.Invoke(connection, streamEvent);
        }

        OnTurn?.Invoke(connection);
        Transmit(connection);
        while (connection.TryTakeEvent(out ConnectionEventKind kind))
        {
            OnEvent(connection, kind);
        }
    }

    DropReason IAdmission.CheckDestination(PathAddress local, PathAddress remote) => Absence;

    bool IAdmission.IsSharedWith(int shard, bool mayBegin) => Sharing?.Invoke(shard, mayBegin) ?? false;

    AdmissionVerdict IAdmission.Decide(in AdmissionRequest request) =>
        Admission == AdmissionVerdict.Retry && request.IsAddressValidated ? AdmissionVerdict.Accept : Admission;

    ConnectionSettings IAdmission.SettingsFor(in AdmissionRequest request) => Settings;

    private void OnEvent(Connection connection, ConnectionEventKind kind)
    {
        switch (Unanswered.Contains(kind) ? ConnectionEventKind.Closed : kind)
        {
            case ConnectionEventKind.NeedConfiguration:
                connection.ProvideConfiguration(ServerTls, _network.Now, LateSettings);
                break;
            case ConnectionEventKind.NeedSignature:
                connection.ProvideSignature(TestTls.Sign(connection.Handshake.Tls.SignatureRequest), _network.Now);
                break;
            case ConnectionEventKind.NeedCertificateVerdict:
                connection.ProvideCertificateVerdict(TestTls.Judge(connection.Handshake.Tls.VerdictRequest), _network.Now);
                break;
            case ConnectionEventKind.Drained:
                _connections.Remove(connection);
                _drained.Add(connection);
                break;
            default:
                break;
        }

        OnConnectionEvent?.Invoke(connection, kind);
    }

    private void Transmit(Connection connection)
    {
        while (true)
        {
            Train train = connection.Transmit(_network.Now, _buffer);
            if (train.IsEmpty)
            {
                return;
            }

            for (int offset = 0; offset < train.Length; offset += train.SegmentSize)
            {
                byte[] bytes = _buffer.AsSpan(offset, Math.Min(train.SegmentSize, train.Length - offset)).ToArray();
                _network.Send(new SimulatedDatagram(Address, train.Remote, bytes, train.Ecn));
            }
        }
    }
}
