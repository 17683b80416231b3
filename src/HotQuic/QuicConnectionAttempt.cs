using System.Net;
using HotQuic.Connections;
using HotQuic.Ports;

namespace HotQuic;

/// <summary>
/// A client's ClientHello, and what is to become of it: <see cref="Accept"/> it, <see cref="Reject"/> it, or neither: then
/// <see cref="Connection"/> decides later, on any thread, for as long as the handshake may take. Spans are views of what was received, valid
/// during the call.
/// </summary>
public readonly ref struct QuicConnectionAttempt
{
    private readonly ConnectionDriver _driver;
    private readonly ClientHelloQuestion _question;

    internal QuicConnectionAttempt(ConnectionDriver driver, in ClientHelloQuestion question)
    {
        _driver = driver;
        _question = question;
        Connection = new QuicConnectionHandle(driver, driver.Generation);
    }

    /// <summary>The connection, of which only what decides about it may be used before it is accepted.</summary>
    public QuicConnectionHandle Connection { get; }

    /// <summary>The QUIC version, 1 for RFC 9000.</summary>
    public uint Version => (uint)_driver.Core.Version;

    /// <summary>The address and port that the client came to. Each call makes a new object.</summary>
    public IPEndPoint LocalEndPoint => _driver.ReadFacts().LocalEndPoint;

    /// <summary>Where the client sends from. Each call makes a new object.</summary>
    public IPEndPoint RemoteEndPoint => _driver.Core.Path.Remote.ToIPEndPoint();

    /// <summary>Whether the client brought a token of ours that proves its address (RFC 9000 §8.1).</summary>
    public bool IsAddressValidated => _driver.Core.Path.IsValidated;

    /// <summary>The name that the client asks for, in ASCII (SNI, RFC 6066 §3); empty where it gives none.</summary>
    public ReadOnlySpan<byte> ServerName => _question.Hello.ServerName;

    /// <summary>The client's protocols: each a length byte and a name of so many bytes (RFC 7301 §3.1).</summary>
    public ReadOnlySpan<byte> OfferedProtocols => _question.Hello.ApplicationProtocols.Bytes;

    /// <summary>The first protocol of the binding that the client offers too.</summary>
    public ReadOnlySpan<byte> NegotiatedProtocol => _question.Protocol;

    /// <summary>The whole ClientHello message, its header included (RFC 8446 §4.1.2).</summary>
    public ReadOnlySpan<byte> ClientHello => _question.Message;

    /// <inheritdoc cref="QuicConnectionHandle.Accept"/>
    public bool Accept(QuicServerConfiguration? configuration, QuicConnectionHandler handler, object? state = null) =>
        Connection.Accept(configuration, handler, state);

    /// <inheritdoc cref="QuicConnectionHandle.Reject"/>
    public bool Reject() => Connection.Reject();
}
