namespace HotQuic.Core.Protection;

/// <summary>
/// Makes the masks of header protection (RFC 9001 §5.4) with one key of one direction, which lives as long as the connection does, key
/// updates included. <see cref="Create"/>, then <see cref="ComputeMasks"/> for any number of packets at once: eight together cost
/// little more than one. <see cref="PacketProtector"/> applies them. One thread at a time.
/// </summary>
internal abstract class HeaderProtection : IDisposable
{
    public const int SampleLength = 16;

    /// <summary>Of each mask's 16 bytes the first five are used.</summary>
    public const int MaskLength = 5;

    /// <exception cref="ArgumentException">The key has not the suite's length.</exception>
    public static HeaderProtection Create(CipherSuite suite, ReadOnlySpan<byte> key, CipherBackend backend)
    {
        int expected = suite.Facts().HeaderProtectionKeyLength;
        if (key.Length != expected)
        {
            throw new ArgumentException($"A key of {expected} bytes was expected, not of {key.Length}.", nameof(key));
        }

        return suite switch
        {
            CipherSuite.ChaCha20Poly1305Sha256 => new ChaCha20HeaderProtection(key),
            _ when backend == CipherBackend.Platform || !VectorisedAes.IsSupported => new PlatformAesHeaderProtection(key),
            _ => new VectorisedAesHeaderProtection(key),
        };
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

    public abstract void Dispose();

    private protected abstract void ComputeMasksCore(ReadOnlySpan<byte> samples, Span<byte> masks);
}
