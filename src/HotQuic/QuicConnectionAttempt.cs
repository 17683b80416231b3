using System.Net;
using HotQuic.Connections;
using HotQuic.Core.Errors;
using HotQuic.Ports;

namespace HotQuic;

/// <summary>
/// A client's ClientHello, and what is to become of it: <see cref="Reject"/> it, or neither and decide
/// later by its handle. Spans are views of what was received: valid during the call.
/// </summary>
public readonly ref struct QuicConnectionAttempt
{
    private readonly ConnectionDriver _driver;
    private readonly ServerEntry _entry;
    private readonly ClientHelloQuestion _question;

    internal QuicConnectionAttempt(ConnectionDriver driver, ServerEntry entry, in ClientHelloQuestion question)
    {
        _driver = driver;
        _entry = entry;
        _question = question;
    }

    /// <summary>The QUIC version, 1 for RFC 9000.</summary>
    public uint Version => (uint)_driver.Core.Version;

    /// <summary>The address and port that the client came to.</summary>
    public IPEndPoint LocalEndPoint => _driver.Facts!.LocalEndPoint;

    /// <summary>Where the client sends from.</summary>
    public IPEndPoint RemoteEndPoint => _driver.Facts!.RemoteEndPoint;

    /// <summary>The name that the client asks for, in ASCII (SNI, RFC 6066 §3); empty where it gives none.</summary>
    public ReadOnlySpan<byte> ServerName => _question.Hello.ServerName;

    /// <summary>The client's protocols: each a length byte and a name of so many bytes (RFC 7301 §3.1).</summary>
    public ReadOnlySpan<byte> OfferedProtocols => _question.Hello.ApplicationProtocols.Bytes;

    /// <summary>The first protocol of the binding that the client offers too.</summary>
    public ReadOnlySpan<byte> NegotiatedProtocol => _question.Protocol;

    /// <summary>The whole ClientHello message, its header included (RFC 8446 §4.1.2).</summary>
    public ReadOnlySpan<byte> ClientHello => _question.Message;

    /// <summary>Turns the client down: it is told CONNECTION_REFUSED (RFC 9000 §20.1).</summary>
    public void Reject()
    {
        _entry.Counters.OnRejected();
        _driver.Refuse(new TransportError(TransportErrorCode.ConnectionRefused, 0, ""));
    }

    internal void RejectIfOpen()
    {
        if (_driver.Application is null && _driver.Core.Termination is null)
        {
            Reject();
        }
    }
}
