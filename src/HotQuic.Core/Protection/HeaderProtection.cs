namespace HotQuic.Core.Protection;

/// <summary>
/// Makes the masks of header protection (RFC 9001 §5.4) with one key of one direction, which lives as long as the connection does, key
/// updates included. <see cref="Create(CipherSuite, ReadOnlySpan{byte}, CipherBackend)"/>, then <see cref="ComputeMasks"/> for any number
/// of packets at once: eight together cost little more than one. <see cref="PacketProtector"/> applies them. Another connection's key
/// comes with <see cref="Rekey"/>; <see cref="Wipe"/> leaves it without one, to wait in a <see cref="KeyPool"/>. One thread at a time.
/// </summary>
internal abstract class HeaderProtection : IDisposable
{
    private protected HeaderProtection(CipherSuite suite) => Suite = suite;

    public const int SampleLength = 16;

    /// <summary>Of each mask's 16 bytes the first five are used.</summary>
    public const int MaskLength = 5;

    public CipherSuite Suite { get; }

    /// <summary>True where the platform does the work, for want of instructions or because it was asked to.</summary>
    public virtual bool IsPlatforms => false;

    /// <exception cref="ArgumentException">The key has not the suite's length.</exception>
    public static HeaderProtection Create(CipherSuite suite, ReadOnlySpan<byte> key, CipherBackend backend)
    {
        CheckKey(suite, key);
        HeaderProtection protection = Create(suite, NeedsPlatform(suite, backend));
        protection.SetKey(key);
        return protection;
    }

    /// <summary>One that has no key yet: <see cref="Rekey"/> comes next.</summary>
    public static HeaderProtection Create(CipherSuite suite, bool isPlatforms) => suite switch
    {
        CipherSuite.ChaCha20Poly1305Sha256 => VectorisedChaCha20.CreateHeaderProtection(),
        _ => isPlatforms ? new PlatformAesHeaderProtection(suite) : VectorisedAes.CreateHeaderProtection(suite),
    };

    /// <summary>Who does the work for a suite.</summary>
    public static bool NeedsPlatform(CipherSuite suite, CipherBackend backend) =>
        suite != CipherSuite.ChaCha20Poly1305Sha256 && (backend == CipherBackend.Platform || !VectorisedAes.IsSupported);

    /// <summary>Replaces the key; the old one is wiped.</summary>
    /// <exception cref="ArgumentException">The key has not the suite's length.</exception>
    public void Rekey(ReadOnlySpan<byte> key)
    {
        CheckKey(Suite, key);
        SetKey(key);
    }

    /// <summary>Computes a mask of 16 bytes for each sample of 16 bytes.</summary>
    /// <exception cref="ArgumentException">Half a sample, or less room for masks than samples.</exception>
    public void ComputeMasks(ReadOnlySpan<byte> samples, Span<byte> masks)
    {
        if (samples.Length % SampleLength != 0)
        {
            throw new ArgumentException(
                $"Samples of {SampleLength} bytes each were expected, not {samples.Length} bytes.", nameof(samples));
        }

        if (masks.Length < samples.Length)
        {
            throw new ArgumentException($"Room for {samples.Length} bytes of masks was expected, not {masks.Length}.", nameof(masks));
        }

        ComputeMasksCore(samples, masks);
    }

    /// <summary>Zeroes everything that came of the key; until the next <see cref="Rekey"/> the object must not be used.</summary>
    public abstract void Wipe();

    public abstract void Dispose();

    private protected abstract void SetKey(ReadOnlySpan<byte> key);

    private protected abstract void ComputeMasksCore(ReadOnlySpan<byte> samples, Span<byte> masks);

    private static void CheckKey(CipherSuite suite, ReadOnlySpan<byte> key)
    {
        int expected = suite.Facts().HeaderProtectionKeyLength;
        if (key.Length != expected)
        {
            throw new ArgumentException($"A key of {expected} bytes was expected, not of {key.Length}.", nameof(key));
        }
    }
}
