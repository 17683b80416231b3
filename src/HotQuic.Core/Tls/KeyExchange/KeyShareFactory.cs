namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>How much of its two buffers <see cref="KeyShareFactory.TryRespond"/> filled.</summary>
internal readonly record struct KeyShareResponse(int PublicKeyLength, int SecretLength);

/// <summary>
/// Where key shares come from. A handshake is given one, so that a simulation can repeat itself. The client generates
/// (<see cref="Create"/>), the server responds (<see cref="TryRespond"/>): Diffie-Hellman groups are alike on both sides,
/// a KEM's are not.
/// </summary>
internal abstract class KeyShareFactory
{
    public abstract bool Supports(NamedGroup group);

    /// <summary>Generates a key for one connection.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The group is not supported.</exception>
    public abstract KeyShare Create(NamedGroup group);

    /// <summary>Answers a client's share, which may be anything, with one of our own and the shared secret.</summary>
    /// <param name="group">A supported group.</param>
    /// <param name="clientShare">The client's key_exchange field.</param>
    /// <param name="serverShare">At least <see cref="KeyShare.MaxPublicKeyLength"/> bytes.</param>
    /// <param name="secret">At least <see cref="KeyShare.MaxSecretLength"/> bytes; the caller wipes it.</param>
    /// <param name="response">How much of both was filled.</param>
    /// <returns>False where the share is not valid: the alert is illegal_parameter.</returns>
    public virtual bool TryRespond(
        NamedGroup group, ReadOnlySpan<byte> clientShare, Span<byte> serverShare, Span<byte> secret, out KeyShareResponse response)
    {
        response = default;
        using KeyShare share = Create(group);
        if (!share.TryDeriveSharedSecret(clientShare, secret, out int secretLength))
        {
            return false;
        }

        share.PublicKey.CopyTo(serverShare);
        response = new KeyShareResponse(share.PublicKey.Length, secretLength);
        return true;
    }
}
