using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace HotQuic.Core.Protection;

/// <summary>
/// Memory for key material: outside the managed heap, so that no collection leaves a copy behind; aligned to a cache line; zero at
/// first, and wiped before it is given back. Whoever works on <see cref="Pointer"/> keeps the object alive until done
/// (<see cref="GC.KeepAlive"/>).
/// </summary>
internal sealed unsafe class KeyMemory : IDisposable
{
    private const int Alignment = 64;

    public KeyMemory(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Length = length;
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)length, Alignment);
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
