using System.Net;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Paths;

namespace HotQuic;

/// <summary>
/// What is known of an attempt when its first datagram has come: nothing of it is authentic, and addresses may be forged unless
/// <see cref="IsAddressValidated"/>.
/// </summary>
public readonly struct QuicInitialInfo
{
    private readonly AdmissionRequest _request;

    internal QuicInitialInfo(in AdmissionRequest request)
    {
        _request = request;
    }

    /// <summary>The QUIC version, 1 for RFC 9000.</summary>
    public uint Version => (uint)_request.Version;

    /// <summary>Whether the client brought a token of ours that proves its address (RFC 9000 §8.1).</summary>
    public bool IsAddressValidated => _request.IsAddressValidated;

    /// <summary>The client's UDP port, 1 to 65,535.</summary>
    public int RemotePort => _request.Remote.Port;

    /// <summary>Where the client sends from. Each call makes a new object.</summary>
    public IPEndPoint RemoteEndPoint => _request.Remote.ToIPEndPoint();

    /// <summary>Where the client sent to; null where the system does not tell. Each call makes a new object.</summary>
    public IPEndPoint? LocalEndPoint => _request.Local.Family == PathAddressFamily.None ? null : _request.Local.ToIPEndPoint();

    /// <summary>Writes the client's address as 16 bytes in network order, IPv4 in its mapped form (RFC 4291 §2.5.5.2); allocates nothing.</summary>
    /// <param name="destination">Room for at least 16 bytes.</param>
    /// <exception cref="ArgumentException">There is less room.</exception>
    public void WriteRemoteAddress(Span<byte> destination)
    {
        if (destination.Length < PathAddress.AddressLength)
        {
            throw new ArgumentException($"Expected room for {PathAddress.AddressLength} bytes.", nameof(destination));
        }

        _request.Remote.WriteBytes(destination);
    }
}
