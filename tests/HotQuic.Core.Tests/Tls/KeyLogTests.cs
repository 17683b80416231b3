using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Tests.Tls;

/// <summary>Key log lines, by the labels that packet analysers know.</summary>
public sealed class KeyLogTests
{
    [Fact]
    public void BothSidesLogTheSameLinesAndTheyAreTheSecretsInUse()
    {
        var clientLog = new Lines();
        var serverLog = new Lines();
        using HandshakePair pair = new HandshakePair(
            new TlsClientConfiguration { ApplicationProtocols = HandshakePair.Protocols("h3"), KeyLog = clientLog },
            new TlsServerConfiguration
            {
                ApplicationProtocols = HandshakePair.Protocols("h3"),
                Credential = TestCredentials.EcdsaP256,
                KeyLog = serverLog,
            }).Run();

        pair.AssertComplete();
        string random = Convert.ToHexString(pair.Server.ClientHello.Read().Random);
        string Line(string label, EncryptionLevel level, SecretDirection clientsDirection) =>
            $"{label} {random} {Convert.ToHexString(pair.Client.Secret(level, clientsDirection).Bytes)}";
        Assert.Equal(
            [
                Line("CLIENT_HANDSHAKE_TRAFFIC_SECRET", EncryptionLevel.Handshake, SecretDirection.Send),
                Line("SERVER_HANDSHAKE_TRAFFIC_SECRET", EncryptionLevel.Handshake, SecretDirection.Receive),
                Line("CLIENT_TRAFFIC_SECRET_0", EncryptionLevel.OneRtt, SecretDirection.Send),
                Line("SERVER_TRAFFIC_SECRET_0", EncryptionLevel.OneRtt, SecretDirection.Receive),
            ],
            clientLog.Written.Take(4));
        Assert.StartsWith($"EXPORTER_SECRET {random} ", clientLog.Written[4], StringComparison.Ordinal);
        Assert.Equal(5, clientLog.Written.Count);
        Assert.Equal(clientLog.Written, serverLog.Written);
    }

    private sealed class Lines : KeyLog
    {
        public List<string> Written { get; } = [];

        public override void Write(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret) =>
            Written.Add($"{label} {Convert.ToHexString(clientRandom)} {Convert.ToHexString(secret)}");
    }
}
