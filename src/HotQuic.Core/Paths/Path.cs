namespace HotQuic.Core.Paths;

/// <summary>
/// What a connection knows of one way to its peer: the addresses, whether the peer is known to be there, and how much may be
/// sent until it is. Call <see cref="OnDatagramReceived"/> and <see cref="OnDatagramSent"/> for every datagram, ask
/// <see cref="SendAllowance"/> before each, and <see cref="Validate"/> once the address is proven.
/// </summary>
internal sealed class Path
{
    /// <summary>Every path carries datagrams of this size, or it is not used (RFC 9000 §14).</summary>
    public const int MinDatagramSize = 1200;

    /// <summary>How many times the bytes received may be sent before the address is validated (RFC 9000 §8).</summary>
    private const int AmplificationFactor = 3;

    private bool _isValidated;
    private long _received;
    private long _sent;

    public Path()
    {
    }

    public Path(PathAddress remote, PathAddress local) => Begin(remote, local);

    public PathAddress Remote { get; private set; }

    public PathAddress Local { get; private set; }

    public NetworkPath Addresses => new(Local, Remote);

    /// <summary>
    /// The peer was shown to receive at its address; true from the start for a client, or after a valid token (RFC 9000
    /// §8.1).
    /// </summary>
    public bool IsValidated { get => _isValidated; init => _isValidated = value; }

    /// <summary>The largest datagram to send, in bytes of UDP payload; <see cref="MtuDiscovery"/> finds it.</summary>
    public int Mtu { get; set; } = MinDatagramSize;

    public long BytesReceived => _received;

    public long BytesSent => _sent;

    /// <summary>
    /// Bytes that may be sent now: three times those received, less those sent, until the address is validated (RFC 9000
    /// §8.1).
    /// </summary>
    public long SendAllowance => _isValidated ? long.MaxValue : Math.Max(0, (AmplificationFactor * _received) - _sent);

    /// <summary>Starts anew, for another connection: nothing is known of the way but where it leads.</summary>
    public void Begin(PathAddress remote, PathAddress local)
    {
        Remote = remote;
        Local = local;
        Mtu = MinDatagramSize;
        _isValidated = false;
        _received = 0;
        _sent = 0;
    }

    /// <summary>All bytes of UDP payload that belong to the connection count, also of packets that are dropped (RFC 9000 §8.1).</summary>
    public void OnDatagramReceived(int bytes) => _received += bytes;

    public void OnDatagramSent(int bytes) => _sent += bytes;

    /// <summary>A Handshake packet was opened, a token was valid, or a PATH_RESPONSE matched (RFC 9000 §8.1, §8.2.3).</summary>
    public void Validate() => _isValidated = true;
}
