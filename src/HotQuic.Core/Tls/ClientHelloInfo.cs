using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tls;

/// <summary>
/// The ClientHello that a server is asked for a configuration about, valid until the next question is answered or the handshake is over.
/// </summary>
/// <param name="Message">The whole message, header included; already read once without error.</param>
internal readonly record struct ClientHelloInfo(ReadOnlyMemory<byte> Message)
{
    /// <summary>The fields: name, protocols, suites, groups, schemes; without allocation.</summary>
    public ClientHelloView Read()
    {
        _ = ClientHelloReader.Read(Message.Span, out ClientHelloView hello);
        return hello;
    }
}
