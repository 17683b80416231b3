using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tests.Tls;

/// <summary>Every message type in every state that waits for one (RFC 8446 §4): what the diagrams do not draw is unexpected_message.</summary>
public sealed class StateTableTests
{
    public static TheoryData<string> ClientStates =>
    [
        nameof(ClientHandshakeState.WaitServerHello), nameof(ClientHandshakeState.WaitEncryptedExtensions),
        nameof(ClientHandshakeState.WaitCertificateOrRequest), nameof(ClientHandshakeState.WaitCertificate),
        nameof(ClientHandshakeState.WaitCertificateVerify), nameof(ClientHandshakeState.WaitFinished), nameof(ClientHandshakeState.Connected),
    ];

    public static TheoryData<string> ServerStates =>
    [
        nameof(ServerHandshakeState.WaitClientHello), nameof(ServerHandshakeState.WaitSecondClientHello),
        nameof(ServerHandshakeState.WaitCertificate), nameof(ServerHandshakeState.WaitCertificateVerify),
        nameof(ServerHandshakeState.WaitFinished), nameof(ServerHandshakeState.Connected),
    ];

    [Theory]
    [MemberData(nameof(ClientStates))]
    public void Tls01_ClientTakesOnlyWhatItsStateExpects(string name)
    {
        ClientHandshakeState state = Enum.Parse<ClientHandshakeState>(name);
        foreach (byte type in AllTypes())
        {
            using HandshakePair pair = PairWith(EndpointRole.Server, handshake => ((TlsClientHandshake)handshake).State == state);
            Assert.Equal(state, ((TlsClientHandshake)pair.Client.Handshake).State);
            TransportError? error = pair.Client.Handshake.Receive(pair.Client.Handshake.ReceiveLevel, [type]);
            bool isLateRequest = state == ClientHandshakeState.Connected && type == (byte)HandshakeType.CertificateRequest;
            TransportErrorCode? expected = IsExpected(state, (HandshakeType)type) ? null
                : isLateRequest ? TransportErrorCode.ProtocolViolation
                : (TransportErrorCode)0x10a;
            Assert.Equal(expected, error?.Code);
        }
    }

    [Theory]
    [MemberData(nameof(ServerStates))]
    public void Tls01_ServerTakesOnlyWhatItsStateExpects(string name)
    {
        ServerHandshakeState state = Enum.Parse<ServerHandshakeState>(name);
        foreach (byte type in AllTypes())
        {
            using HandshakePair pair = PairWith(EndpointRole.Client, handshake => ((TlsServerHandshake)handshake).State == state);
            Assert.Equal(state, ((TlsServerHandshake)pair.Server.Handshake).State);
            TransportError? error = pair.Server.Handshake.Receive(pair.Server.Handshake.ReceiveLevel, [type]);
            TransportErrorCode? expected = IsExpected(state, (HandshakeType)type) ? null : (TransportErrorCode)0x10a;
            Assert.Equal(expected, error?.Code);
        }
    }

    private static byte[] AllTypes() => [.. Enum.GetValues<HandshakeType>().Select(type => (byte)type), 0, 3, 99];

    private static bool IsExpected(ClientHandshakeState state, HandshakeType type) => (state, type) switch
    {
        (ClientHandshakeState.WaitServerHello, HandshakeType.ServerHello) => true,
        (ClientHandshakeState.WaitEncryptedExtensions, HandshakeType.EncryptedExtensions) => true,
        (ClientHandshakeState.WaitCertificateOrRequest, HandshakeType.Certificate or HandshakeType.CertificateRequest) => true,
        (ClientHandshakeState.WaitCertificate, HandshakeType.Certificate) => true,
        (ClientHandshakeState.WaitCertificateVerify, HandshakeType.CertificateVerify) => true,
        (ClientHandshakeState.WaitFinished, HandshakeType.Finished) => true,
        (ClientHandshakeState.Connected, HandshakeType.NewSessionTicket) => true,
        _ => false,
    };

    private static bool IsExpected(ServerHandshakeState state, HandshakeType type) => (state, type) switch
    {
        (ServerHandshakeState.WaitClientHello or ServerHandshakeState.WaitSecondClientHello, HandshakeType.ClientHello) => true,
        (ServerHandshakeState.WaitCertificate, HandshakeType.Certificate) => true,
        (ServerHandshakeState.WaitCertificateVerify, HandshakeType.CertificateVerify) => true,
        (ServerHandshakeState.WaitFinished, HandshakeType.Finished) => true,
        _ => false,
    };

    // Runs a handshake with everything in it up to a state of one side: what would go to that side then is lost.
    private static HandshakePair PairWith(EndpointRole sender, Func<TlsHandshake, bool> isThere)
    {
        TlsClientConfiguration client = new()
        {
            ApplicationProtocols = HandshakePair.Protocols("h3"),
            Groups = [NamedGroup.Secp256r1, NamedGroup.X25519],
            Credential = TestCredentials.EcdsaP256,
        };
        TlsServerConfiguration server = new()
        {
            ApplicationProtocols = HandshakePair.Protocols("h3"),
            Credential = TestCredentials.EcdsaP256,
            Groups = [NamedGroup.X25519],
            ClientCertificateMode = ClientCertificateMode.Require,
        };
        var pair = new HandshakePair(client, server);
        TlsHandshake observed = sender == EndpointRole.Server ? pair.Client.Handshake : pair.Server.Handshake;
        pair.OnTheWay = (from, _, message) => from == sender && isThere(observed) ? null : message;
        return pair.Run();
    }
}
