using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace HotQuic.Core.Protection;

/// <summary>
/// Memory for key material: outside the managed heap, so that no collection leaves a copy behind; aligned to a cache line where it does not say otherwise; zero at
/// first, and wiped before it is given back. Whoever works on <see cref="Pointer"/> keeps the object alive until done
/// (<see cref="GC.KeepAlive"/>).
/// </summary>
internal sealed unsafe class KeyMemory : IDisposable
{
    private const int CacheLine = 64;

    /// <param name="length">In bytes.</param>
    /// <param name="alignment">A power of two; secrets that nobody computes with need none of a cache line.</param>
    public KeyMemory(int length, int alignment = CacheLine)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Length = length;
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)length, (nuint)alignment);
        Span.Clear();
    }

    ~KeyMemory() => Release();

    /// <summary>The first byte; null after <see cref="Dispose"/>.</summary>
    public byte* Pointer { get; private set; }

    public int Length { get; }

    /// <summary>All of it; empty after <see cref="Dispose"/>.</summary>
    public Span<byte> Span => Pointer == null ? default : new Span<byte>(Pointer, Length);

    public void Wipe() => CryptographicOperations.ZeroMemory(Span);

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (Pointer == null)
        {
            return;
        }

        Wipe();
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
