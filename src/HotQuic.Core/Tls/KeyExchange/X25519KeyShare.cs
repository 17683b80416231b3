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

    public override bool TryDeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> secret, out int length)
    {
        length = 0;
        if (peerPublicKey.Length != X25519.KeyLength)
        {
            return false;
        }

        Span<byte> result = secret[..X25519.KeyLength];
        X25519.ScalarMultiply(_privateKey, peerPublicKey, result);

        // RFC 8446 §7.4.2: a point of small order makes the secret zero, whatever our key; compared without a branch on it.
        Span<byte> zeros = stackalloc byte[X25519.KeyLength];
        zeros.Clear();
        if (CryptographicOperations.FixedTimeEquals(result, zeros))
        {
            return false;
        }

        length = X25519.KeyLength;
        return true;
    }

    protected override void Dispose(bool disposing) => CryptographicOperations.ZeroMemory(_privateKey);
}
