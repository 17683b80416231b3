namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>
/// X25519 of our own, fed by the given source; P-256 and P-384 of the platform, which draws its own randomness.
/// It keeps no state, so all connections of a thread can share one.
/// </summary>
internal sealed class SystemKeyShareFactory : KeyShareFactory
{
    private readonly RandomSource _random;

    public SystemKeyShareFactory(RandomSource random) => _random = random;

    public override bool Supports(NamedGroup group) => group is NamedGroup.X25519 or NamedGroup.Secp256r1 or NamedGroup.Secp384r1;

    public override KeyShare Create(NamedGroup group) => group switch
    {
        NamedGroup.X25519 => new X25519KeyShare(_random),
        NamedGroup.Secp256r1 or NamedGroup.Secp384r1 => new EcdhKeyShare(group),
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, "Expected X25519, P-256 or P-384."),
    };

    public override bool TryRespond(
        NamedGroup group, ReadOnlySpan<byte> clientShare, Span<byte> serverShare, Span<byte> secret, out KeyShareResponse response) =>
        group == NamedGroup.X25519
            ? X25519KeyShare.TryRespond(_random, clientShare, serverShare, secret, out response)
            : base.TryRespond(group, clientShare, serverShare, secret, out response);
}
