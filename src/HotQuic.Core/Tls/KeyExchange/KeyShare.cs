namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>
/// A client's side of one key exchange: made by <see cref="KeyShareFactory.Create"/>, its public key goes into the
/// ClientHello, <see cref="TryDeriveSharedSecret"/> answers the server's share, and Dispose wipes the private part. The
/// server has no such object: it answers in one step, <see cref="KeyShareFactory.TryRespond"/>, as a KEM would.
/// </summary>
internal abstract class KeyShare : IDisposable
{
    /// <summary>Room for any public key of the groups there are or are foreseen (X25519MLKEM768: 1,216 bytes).</summary>
    public const int MaxPublicKeyLength = 1216;

    /// <summary>Room for any shared secret of the same.</summary>
    public const int MaxSecretLength = 64;

    protected KeyShare(NamedGroup group) => Group = group;

    public NamedGroup Group { get; }

    /// <summary>The public key as it stands in a KeyShareEntry.</summary>
    public abstract ReadOnlySpan<byte> PublicKey { get; }

    /// <summary>Combines our private part with the peer's share, which may be anything.</summary>
    /// <param name="peerPublicKey">The peer's key_exchange field.</param>
    /// <param name="secret">At least <see cref="MaxSecretLength"/> bytes; the caller wipes it.</param>
    /// <param name="length">How much of it was filled, leading zeros kept.</param>
    /// <returns>False where the share is not valid: the alert is illegal_parameter.</returns>
    public abstract bool TryDeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> secret, out int length);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
