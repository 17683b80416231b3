using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Core.Tests.Tls;

/// <summary>Key shares that cost nothing and hide nothing: every secret is the same. For tests that are about something else.</summary>
internal sealed class ToyKeyShareFactory : KeyShareFactory
{
    public override bool Supports(NamedGroup group) => true;

    public override KeyShare Create(NamedGroup group) => new ToyKeyShare(group);

    public override bool TryRespond(
        NamedGroup group, ReadOnlySpan<byte> clientShare, Span<byte> serverShare, Span<byte> secret, out KeyShareResponse response)
    {
        serverShare[..32].Fill(2);
        secret[..32].Fill(3);
        response = new KeyShareResponse(32, 32);
        return clientShare.Length == 32;
    }

    private sealed class ToyKeyShare(NamedGroup group) : KeyShare(group)
    {
        public override ReadOnlySpan<byte> PublicKey => "0123456789abcdef0123456789abcdef"u8;

        public override bool TryDeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> secret, out int length)
        {
            secret[..32].Fill(3);
            length = 32;
            return peerPublicKey.Length == 32;
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
