namespace HotQuic.Http3.Qpack;

/// <summary>
/// The size of a field line as the limits count it: name, value and 32 bytes, without compression
/// (RFC 9114 §4.2.2, RFC 9204 §3.2.1).
/// </summary>
internal static class FieldSize
{
    public const int Overhead = 32;

    /// <summary>The size in bytes.</summary>
    public static long Of(int nameLength, int valueLength) => (long)nameLength + valueLength + Overhead;
}
