using System.Security.Cryptography;

namespace HotQuic.Core.Protection;

/// <summary>
/// RFC 9001 §5.4.3 by the platform. Aes.TryEncryptEcb allocates and sets the key up at each call; one transform that lives as long as
/// this object, with arrays that are used again, does neither. Up to eight samples share a call.
/// </summary>
internal sealed class PlatformAesHeaderProtection : HeaderProtection
{
    private const int Batch = 8 * SampleLength;

    private readonly byte[] _input = new byte[Batch];
    private readonly byte[] _output = new byte[Batch];
    private ICryptoTransform? _encryptor;

    public PlatformAesHeaderProtection(CipherSuite suite)
        : base(suite)
    {
    }

    public override bool IsPlatforms => true;

    public override void Wipe()
    {
        _encryptor?.Dispose();
        _encryptor = null;
        CryptographicOperations.ZeroMemory(_input);
        CryptographicOperations.ZeroMemory(_output);
    }

    public override void Dispose() => Wipe();

    private protected override void SetKey(ReadOnlySpan<byte> key)
    {
        Wipe();
        using var aes = Aes.Create();
        aes.Mode = CipherMode.ECB; // One block at a time under a key of its own: what RFC 9001 §5.4.3 asks for.
        aes.Padding = PaddingMode.None;
        aes.SetKey(key);
        _encryptor = aes.CreateEncryptor();
    }

    private protected override void ComputeMasksCore(ReadOnlySpan<byte> samples, Span<byte> masks)
    {
        ObjectDisposedException.ThrowIf(_encryptor is null, this);
        while (!samples.IsEmpty)
        {
            int count = Math.Min(Batch, samples.Length);
            samples[..count].CopyTo(_input);
            int written = _encryptor.TransformBlock(_input, 0, count, _output, 0);
            _output.AsSpan(0, written).CopyTo(masks);
            samples = samples[count..];
            masks = masks[count..];
        }
    }
}
