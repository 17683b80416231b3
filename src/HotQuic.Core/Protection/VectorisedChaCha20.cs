namespace HotQuic.Core.Protection;

/// <summary>ChaCha20-Poly1305 with the processor's vectors: what is supported, and the kernels for this processor.</summary>
internal static class VectorisedChaCha20
{
    public static bool IsSupported => ChaCha20Rows128.IsSupported;

    public static PacketAead CreateAead() =>
        ChaCha20Rows512.IsSupported ? new VectorisedChaCha20Poly1305Aead<ChaCha20Rows512, Poly1305Lanes<Poly1305Lanes512>>()
        : ChaCha20Rows256.IsSupported ? new VectorisedChaCha20Poly1305Aead<ChaCha20Rows256, Poly1305Lanes<Poly1305Lanes256>>()
        : new VectorisedChaCha20Poly1305Aead<ChaCha20Rows128, Poly1305Serial>();

    public static HeaderProtection CreateHeaderProtection() =>
        ChaCha20Rows512.IsSupported ? new ChaCha20HeaderProtection<ChaCha20Rows512>()
        : ChaCha20Rows256.IsSupported ? new ChaCha20HeaderProtection<ChaCha20Rows256>()
        : new ChaCha20HeaderProtection<ChaCha20Rows128>();
}
