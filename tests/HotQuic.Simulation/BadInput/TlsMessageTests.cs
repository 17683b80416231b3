using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;

namespace HotQuic.Simulation.BadInput;

/// <summary>Handshake messages that are malformed, misplaced or too long end the one connection with the alert of RFC 8446 §6.2.</summary>
public class TlsMessageTests
{
    [Theory]
    [InlineData("Tls_AnotherMessageFirst", TlsAlert.UnexpectedMessage)]
    [InlineData("Tls_AnUnknownMessage", TlsAlert.UnexpectedMessage)]
    [InlineData("Tls_AMessageTooLong", null)]
    [InlineData("Tls_AnEmptyClientHello", TlsAlert.DecodeError)]
    [InlineData("Tls_BytesBehindTheExtensions", TlsAlert.DecodeError)]
    [InlineData("Tls_ALengthThatLies", TlsAlert.DecodeError)]
    [InlineData("Tls_AnotherProtocolVersion", null)]
    public void AServerRefusesAClientHello(string name, object? alert)
    {
        byte[] hello = RawHandshake.ClientHello(RawHandshake.ClientParameters());
        byte[] message = name switch
        {
            "Tls_AnotherMessageFirst" => [20, .. hello.AsSpan(1)],
            "Tls_AnUnknownMessage" => [99, 0, 0, 0],
            "Tls_AMessageTooLong" => [1, 0xff, 0xff, 0xff],
            "Tls_AnEmptyClientHello" => [1, 0, 0, 0],
            "Tls_BytesBehindTheExtensions" => Resized([.. hello, 0]),
            "Tls_ALengthThatLies" => Resized(hello[..^1]),
            _ => Altered(hello, 4, 0x02),
        };
        var arena = new Arena();
        Connection victim = RawHandshake.SendToServer(arena, message);
        Assert.Equal(TerminationKind.LocalTransport, victim.Termination?.Kind);
        Assert.True(victim.Termination!.Value.Alert is not null || victim.Termination.Value.Code == (ulong)TransportErrorCode.CryptoBufferExceeded);
        if (alert is not null)
        {
            Assert.Equal((TlsAlert)alert, victim.Termination.Value.Alert);
        }

        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    [Theory]
    [InlineData("Tls_AnotherMessageFirst", 20, TlsAlert.UnexpectedMessage)]
    [InlineData("Tls_AClientHello", 1, TlsAlert.UnexpectedMessage)]
    [InlineData("Tls_AnEmptyServerHello", 2, TlsAlert.DecodeError)]
    public void AClientRefusesAServerHello(string name, byte type, object alert)
    {
        Assert.StartsWith("Tls", name, StringComparison.Ordinal);
        var arena = new Arena(EndpointRole.Server);
        Connection client = RawHandshake.StartClient(arena);
        RawHandshake.SendToClient(arena, client, [type, 0, 0, 0]);
        Assert.Equal((TlsAlert)alert, client.Termination?.Alert);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    [Theory]
    [InlineData("Tls_FinishedDoesNotVerify", TlsAlert.DecryptError)]
    [InlineData("Tls_FinishedIsShort", null)]
    [InlineData("Tls_ExtensionsOfNoLength", TlsAlert.DecodeError)]
    [InlineData("Tls_FinishedFirst", TlsAlert.UnexpectedMessage)]
    [InlineData("Tls_BytesBehindFinished", null)]
    public void AClientRefusesAFlight(string name, object? alert)
    {
        var arena = new Arena(EndpointRole.Server);
        byte[]? datagram = null;
        arena.Network.Filter = d =>
        {
            datagram ??= d.Bytes;
            return false;
        };
        Connection client = arena.Client.Connect(arena.Server);
        RawHandshake.Answer(arena, client, RawHandshake.ClientHelloOf(client, datagram!), RawHandshake.ServerParameters(client), flight => name switch
        {
            "Tls_FinishedDoesNotVerify" => Altered(flight, flight.Length - 1, (byte)~flight[^1]),
            "Tls_FinishedIsShort" => [.. flight.AsSpan(0, flight.Length - 36), 20, 0, 0, 1, 0],
            "Tls_ExtensionsOfNoLength" => [8, 0, 0, 0],
            "Tls_FinishedFirst" => flight[^36..],
            _ => [.. flight, 20],
        });
        Assert.Equal(TerminationKind.LocalTransport, client.Termination?.Kind);
        if (alert is not null)
        {
            Assert.Equal((TlsAlert)alert, client.Termination!.Value.Alert);
        }

        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    [Fact]
    public void Tls_HandshakeDataForAnOldLevelIsAViolation()
    {
        Arena arena = Arena.InHandshake(EndpointRole.Client);
        arena.Peer.Send(EncryptionLevel.Handshake, RawPacket.Crypto(0, [1, 0, 0, 0]));
        arena.ExpectAlert(TlsAlert.UnexpectedMessage);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    private static byte[] Altered(byte[] bytes, int index, byte value)
    {
        byte[] copy = bytes.ToArray();
        copy[index] = value;
        return copy;
    }

    /// <summary>Corrects the length of the message, and of nothing in it.</summary>
    private static byte[] Resized(byte[] message)
    {
        int length = message.Length - 4;
        return [message[0], (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. message.AsSpan(4)];
    }
}
