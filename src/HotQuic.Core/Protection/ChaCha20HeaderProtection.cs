using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>
/// RFC 9001 §5.4.4: the sample is counter and nonce, the mask is the start of that ChaCha20 block. A sample has the layout of the
/// state's last row, so that as many as there are blocks are read as one vector.
/// </summary>
internal sealed unsafe class ChaCha20HeaderProtection<TRows>() : HeaderProtection(CipherSuite.ChaCha20Poly1305Sha256)
    where TRows : struct, IChaCha20Rows<TRows>
{
    private readonly KeyMemory _key = new(ChaCha20.KeyLength);

    public override void Wipe() => _key.Wipe();

    public override void Dispose() => _key.Dispose();

    private protected override void SetKey(ReadOnlySpan<byte> key)
    {
        ObjectDisposedException.ThrowIf(_key.Pointer == null, this);
        key.CopyTo(_key.Span);
        GC.KeepAlive(_key);
    }

    private protected override void ComputeMasksCore(ReadOnlySpan<byte> samples, Span<byte> masks)
    {
        ObjectDisposedException.ThrowIf(_key.Pointer == null, this);
        int batch = ChaCha20<TRows>.FirstRowsLength;
        fixed (byte* source = samples, destination = masks)
        {
            int done = 0;
            for (; done <= samples.Length - batch; done += batch)
            {
                ChaCha20<TRows>.FirstRows(_key.Pointer, source + done, destination + done);
            }

            if (samples.Length - done == SampleLength)
            {
                ChaCha20<TRows>.FirstRow(_key.Pointer, Vector128.Load(source + done).AsUInt32()).Store(destination + done);
            }
            else if (done < samples.Length)
            {
                Unsafe.SkipInit(out Rest rest);
                samples[done..].CopyTo(rest);
                ChaCha20<TRows>.FirstRows(_key.Pointer, (byte*)&rest, (byte*)&rest);
                rest[..(samples.Length - done)].CopyTo(masks[done..]);
            }
        }

        GC.KeepAlive(_key);
    }

    /// <summary>Less than a batch of the widest vectors.</summary>
    [InlineArray(8 * SampleLength)]
    private struct Rest
    {
        private byte _first;
    }
}
