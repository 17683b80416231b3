using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>
/// RFC 9001 §5.4.4: the sample is counter and nonce, the mask is the start of that ChaCha20 block. A sample has the layout of the
/// state's last row, so that two of them are read as one vector.
/// </summary>
internal sealed class ChaCha20HeaderProtection : HeaderProtection
{
    private readonly KeyMemory _key = new(ChaCha20.KeyLength);

    public ChaCha20HeaderProtection()
        : base(CipherSuite.ChaCha20Poly1305Sha256)
    {
    }

    public override void Wipe() => _key.Wipe();

    public override void Dispose() => _key.Dispose();

    private protected override void SetKey(ReadOnlySpan<byte> key) => key.CopyTo(_key.Span);

    private protected override void ComputeMasksCore(ReadOnlySpan<byte> samples, Span<byte> masks)
    {
        ReadOnlySpan<uint> key = MemoryMarshal.Cast<byte, uint>(_key.Span);
        ObjectDisposedException.ThrowIf(key.IsEmpty, this);
        Vector128<uint> keyLow = Vector128.Create(key);
        Vector128<uint> keyHigh = Vector128.Create(key[4..]);
        for (; samples.Length >= 2 * SampleLength; samples = samples[(2 * SampleLength)..], masks = masks[(2 * SampleLength)..])
        {
            Vector256<uint> positions = Vector256.Create(samples).AsUInt32();
            ChaCha20.TwoBlocks(keyLow, keyHigh, positions).A.AsByte().CopyTo(masks);
        }

        if (!samples.IsEmpty)
        {
            Vector128<uint> position = Vector128.Create(samples).AsUInt32();
            ChaCha20.TwoBlocks(keyLow, keyHigh, Vector256.Create(position, position)).A.GetLower().AsByte().CopyTo(masks);
        }

        GC.KeepAlive(_key);
    }
}
