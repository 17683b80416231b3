using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// What stateless reset tokens derive from: a token is a keyed hash of its connection ID (RFC 9000 §10.3.2), so that whoever has the key
/// can reset a connection of which nothing else is known. It never changes, and serves any number of threads.
/// </summary>
internal sealed class StatelessResetKey
{
    /// <summary>As many bytes as the hash has.</summary>
    public const int MinLength = HmacSha256.HashLength;

    private readonly HmacSha256 _hash;

    /// <param name="secret">At least <see cref="MinLength"/> secret bytes.</param>
    public StatelessResetKey(ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, MinLength, nameof(secret));
        _hash = new HmacSha256(secret);
    }

    public StatelessResetToken TokenOf(ReadOnlySpan<byte> connectionId)
    {
        Span<byte> hash = stackalloc byte[HmacSha256.HashLength];
        _hash.Hash(connectionId, hash);
        return StatelessResetToken.Read(hash);
    }
}
