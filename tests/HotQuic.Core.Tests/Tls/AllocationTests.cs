using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Tests.Tls;

/// <summary>What a server's side of a handshake allocates, key exchange and signature aside, on an object that served others before: nothing.</summary>
public sealed class AllocationTests
{
    [Fact]
    public void L32_AServersHandshakeAllocatesNothing()
    {
        byte[] signature = TestCredentials.Sign(new SignatureRequest(SignatureScheme.EcdsaSecp256r1Sha256, new byte[130], TestCredentials.EcdsaP256));
        using var server = new TlsServerHandshake(new ToyKeyShareFactory(), new SeededRandom(1));
        long allocated = 0;
        for (int run = 0; run < 3; run++)
        {
            allocated = Run(server, signature);
        }

        Assert.Equal(0, allocated);
    }

    private static long Run(TlsServerHandshake server, byte[] signature)
    {
        var random = new SeededRandom(1);
        var factory = new ToyKeyShareFactory();
        using var client = new HandshakeSide(new TlsClientHandshake(HandshakePair.ClientDefaults, factory, random)) { Judge = _ => CertificateVerdict.Accepted };
        client.Start();
        byte[] hello = client.Output.Dequeue().Message;
        byte[] buffer = new byte[8192];

        long start = GC.GetAllocatedBytesForCurrentThread();
        server.Begin();
        Assert.Null(server.Receive(EncryptionLevel.Initial, hello));
        Assert.Null(server.ProvideConfiguration(HandshakePair.ServerDefaults, [1, 1, 30]));
        _ = server.SignatureRequest;
        Assert.Null(server.ProvideSignature(signature));
        int secrets = TakeSecrets(server);
        int length = TakeOutput(server, buffer, out int initialLength);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - start;

        Assert.Null(client.Receive(EncryptionLevel.Initial, buffer.AsSpan(0, initialLength)));
        Assert.Null(client.Receive(EncryptionLevel.Handshake, buffer.AsSpan(initialLength, length - initialLength)));
        byte[] finished = client.Output.Dequeue().Message;

        start = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(server.Receive(EncryptionLevel.Handshake, finished));
        secrets += TakeSecrets(server);
        server.Dispose();
        allocated += GC.GetAllocatedBytesForCurrentThread() - start;
        Assert.Equal(4, secrets);
        return allocated;
    }

    private static int TakeSecrets(TlsServerHandshake server)
    {
        int count = 0;
        while (server.TryTakeSecret(out TrafficSecret _))
        {
            count++;
        }

        return count;
    }

    private static int TakeOutput(TlsServerHandshake server, byte[] buffer, out int initialLength)
    {
        int length = 0;
        initialLength = 0;
        while (server.TryTakeOutput(out EncryptionLevel level, out ReadOnlyMemory<byte> bytes))
        {
            bytes.Span.CopyTo(buffer.AsSpan(length));
            length += bytes.Length;
            initialLength = level == EncryptionLevel.Initial ? length : initialLength;
        }

        return length;
    }
}
