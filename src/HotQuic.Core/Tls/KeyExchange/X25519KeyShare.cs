using System.Security.Cryptography;

namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>X25519 as a key share (RFC 8446 §4.2.8.2, §7.4.2, RFC 7748 §6.1).</summary>
internal sealed class X25519KeyShare : KeyShare
{
    private readonly byte[] _privateKey = new byte[X25519.KeyLength];
    private readonly byte[] _publicKey = new byte[X25519.KeyLength];

    public X25519KeyShare(RandomSource random)
        : base(NamedGroup.X25519)
    {
        random.Fill(_privateKey);
        X25519.ScalarMultiplyBase(_privateKey, _publicKey);
    }

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>The server's side in one step: its private key never leaves the stack.</summary>
    public static bool TryRespond(
        RandomSource random, ReadOnlySpan<byte> clientShare, Span<byte> serverShare, Span<byte> secret, out KeyShareResponse response)
    {
        Span<byte> privateKey = stackalloc byte[X25519.KeyLength];
        random.Fill(privateKey);
        bool isDerived = TryDerive(privateKey, clientShare, secret);
        if (isDerived)
        {
            X25519.ScalarMultiplyBase(privateKey, serverShare[..X25519.KeyLength]);
        }

        CryptographicOperations.ZeroMemory(privateKey);
        response = isDerived ? new KeyShareResponse(X25519.KeyLength, X25519.KeyLength) : default;
        return isDerived;
    }

    public override bool TryDeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> secret, out int length)
    {
        bool isDerived = TryDerive(_privateKey, peerPublicKey, secret);
        length = isDerived ? X25519.KeyLength : 0;
        return isDerived;
    }

    protected override void Dispose(bool disposing) => CryptographicOperations.ZeroMemory(_privateKey);

    private static bool TryDerive(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> peerPublicKey, Span<byte> secret)
    {
        if (peerPublicKey.Length != X25519.KeyLength)
        {
            return false;
        }

        Span<byte> result = secret[..X25519.KeyLength];
        X25519.ScalarMultiply(privateKey, peerPublicKey, result);

        // RFC 8446 §7.4.2: a point of small order makes the secret zero, whatever our key; compared in constant time.
        Span<byte> zeros = stackalloc byte[X25519.KeyLength];
        zeros.Clear();
        return !CryptographicOperations.FixedTimeEquals(result, zeros);
    }
}
