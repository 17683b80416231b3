namespace HotQuic.Core.Tests.Tls;

/// <summary>"Random" bytes that a vector prescribes.</summary>
internal sealed class FixedBytes(byte[] bytes) : RandomSource
{
    public override void Fill(Span<byte> destination) => bytes.CopyTo(destination);
}
