namespace HotQuic.Core.Tests.Wire;

/// <summary>Bytes as tests write them down: hexadecimal, blanks where they help.</summary>
internal static class Hex
{
    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
