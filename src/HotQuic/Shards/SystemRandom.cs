using System.Security.Cryptography;
using HotQuic.Core;

namespace HotQuic.Shards;

/// <summary>The system's cryptographic generator, asked for a block at a time: connection IDs take a few bytes each. One thread uses it.</summary>
internal sealed class SystemRandom : RandomSource
{
    private readonly byte[] _block = new byte[512];
    private int _used = 512;

    public override void Fill(Span<byte> destination)
    {
        if (destination.Length > 64)
        {
            RandomNumberGenerator.Fill(destination);
            return;
        }

        if (_block.Length - _used < destination.Length)
        {
            RandomNumberGenerator.Fill(_block);
            _used = 0;
        }

        // What was given out may become a key: it does not stay.
        Span<byte> taken = _block.AsSpan(_used, destination.Length);
        taken.CopyTo(destination);
        taken.Clear();
        _used += destination.Length;
    }
}
