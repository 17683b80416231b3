using HotQuic.Core;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Testing;

/// <summary>The key exchange of the engine, with a count of what it allocates: the platform's curves do, X25519 is our own.</summary>
internal sealed class MeteredKeyShares(RandomSource random) : KeyShareFactory
{
    private readonly SystemKeyShareFactory _inner = new(random);

    /// <summary>Bytes that answers to key shares allocated.</summary>
    public long Allocated { get; private set; }

    public override bool Supports(NamedGroup group) => _inner.Supports(group);

    public override KeyShare Create(NamedGroup group) => _inner.Create(group);

    public override bool TryRespond(
        NamedGroup group, ReadOnlySpan<byte> clientShare, Span<byte> serverShare, Span<byte> secret, out KeyShareResponse response)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isValid = _inner.TryRespond(group, clientShare, serverShare, secret, out response);
        Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        return isValid;
    }
}
