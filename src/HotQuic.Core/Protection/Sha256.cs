using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HotQuic.Core.Protection;

/// <summary>
/// SHA-256 (FIPS 180-4 §6.2) as a value: <see cref="Create"/>, <see cref="Append"/>, then <see cref="CopyHash"/>, after which more may be
/// appended. Copying the value forks it. For the short inputs of a handshake it is about twice as fast as the platform's, whose cost
/// is in setting up, and it holds no object that must be disposed of.
/// </summary>
internal struct Sha256
{
    public const int HashLength = 32;
    public const int BlockLength = 64;

    private State _state;
    private Block _pending;
    private ulong _length;

    // The first 32 bits of the fractional parts of the cube roots of the first 64 primes (§4.2.2).
    private static ReadOnlySpan<uint> RoundConstants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>The hash of nothing yet.</summary>
    public static Sha256 Create()
    {
        var hash = default(Sha256);
        ((ReadOnlySpan<uint>)[0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19])
            .CopyTo(hash._state);
        return hash;
    }

    /// <summary>The hash of one input.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        Sha256 hash = Create();
        hash.Append(data);
        hash.CopyHash(destination);
    }

    public void Append(ReadOnlySpan<byte> data)
    {
        int pending = (int)(_length % BlockLength);
        _length += (ulong)data.Length;
        if (pending > 0)
        {
            int count = Math.Min(BlockLength - pending, data.Length);
            data[..count].CopyTo(((Span<byte>)_pending)[pending..]);
            data = data[count..];
            if (pending + count < BlockLength)
            {
                return;
            }

            Compress(ref _state, _pending);
        }

        while (data.Length >= BlockLength)
        {
            Compress(ref _state, data);
            data = data[BlockLength..];
        }

        data.CopyTo(_pending);
    }

    /// <summary>The hash of all that was appended so far.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    public readonly void CopyHash(Span<byte> destination)
    {
        // Padded on a copy (§5.1.1), so that more can follow.
        Sha256 last = this;
        int pending = (int)(_length % BlockLength);
        Span<byte> block = last._pending;
        block[pending++] = 0x80;
        block[pending..].Clear();
        if (pending > BlockLength - sizeof(ulong))
        {
            Compress(ref last._state, block);
            block.Clear();
        }

        BinaryPrimitives.WriteUInt64BigEndian(block[(BlockLength - sizeof(ulong))..], _length * 8);
        Compress(ref last._state, block);
        for (int i = 0; i < 8; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[(i * 4)..], last._state[i]);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(ref State state, ReadOnlySpan<byte> block)
    {
        Span<uint> schedule = stackalloc uint[64];
        ref uint w = ref MemoryMarshal.GetReference(schedule);
        ref uint k = ref MemoryMarshal.GetReference(RoundConstants);
        ref byte source = ref MemoryMarshal.GetReference(block[..BlockLength]);
        for (int t = 0; t < 16; t++)
        {
            Unsafe.Add(ref w, t) = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, t * 4)));
        }

        for (int t = 16; t < 64; t++)
        {
            Unsafe.Add(ref w, t) = Unsafe.Add(ref w, t - 16) + SmallSigma0(Unsafe.Add(ref w, t - 15))
                + Unsafe.Add(ref w, t - 7) + SmallSigma1(Unsafe.Add(ref w, t - 2));
        }

        (uint a, uint b, uint c, uint d) = (state[0], state[1], state[2], state[3]);
        (uint e, uint f, uint g, uint h) = (state[4], state[5], state[6], state[7]);

        // Four rounds at a time, so that most values only change their names.
        for (int t = 0; t < 64; t += 4)
        {
            h += Unsafe.Add(ref k, t) + Unsafe.Add(ref w, t) + Sigma1(e) + Choose(e, f, g);
            d += h;
            h += Sigma0(a) + Majority(a, b, c);

            g += Unsafe.Add(ref k, t + 1) + Unsafe.Add(ref w, t + 1) + Sigma1(d) + Choose(d, e, f);
            c += g;
            g += Sigma0(h) + Majority(h, a, b);

            f += Unsafe.Add(ref k, t + 2) + Unsafe.Add(ref w, t + 2) + Sigma1(c) + Choose(c, d, e);
            b += f;
            f += Sigma0(g) + Majority(g, h, a);

            e += Unsafe.Add(ref k, t + 3) + Unsafe.Add(ref w, t + 3) + Sigma1(b) + Choose(b, c, d);
            a += e;
            e += Sigma0(f) + Majority(f, g, h);

            (a, b, c, d, e, f, g, h) = (e, f, g, h, a, b, c, d);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    // The functions of FIPS 180-4 §4.1.2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Choose(uint x, uint y, uint z) => z ^ (x & (y ^ z));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Majority(uint x, uint y, uint z) => (x & y) | (z & (x | y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Sigma0(uint x) => BitOperations.RotateRight(x, 2) ^ BitOperations.RotateRight(x, 13) ^ BitOperations.RotateRight(x, 22);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Sigma1(uint x) => BitOperations.RotateRight(x, 6) ^ BitOperations.RotateRight(x, 11) ^ BitOperations.RotateRight(x, 25);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint SmallSigma0(uint x) => BitOperations.RotateRight(x, 7) ^ BitOperations.RotateRight(x, 18) ^ (x >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint SmallSigma1(uint x) => BitOperations.RotateRight(x, 17) ^ BitOperations.RotateRight(x, 19) ^ (x >> 10);

    [InlineArray(8)]
    private struct State
    {
        private uint _first;
    }

    [InlineArray(BlockLength)]
    private struct Block
    {
        private byte _first;
    }
}
