using HotQuic.Core.Wire;

namespace HotQuic.Http3.Frames;

/// <summary>
/// The values 0x1f * N + 0x21 of frame types, stream types, settings and error codes, which exist to be ignored
/// (RFC 9114 §6.2.3, §7.2.4.1, §7.2.8, §8.1).
/// </summary>
internal static class ReservedValue
{
    private const ulong Step = 0x1f;
    private const ulong First = 0x21;

    /// <summary>The largest N whose value is still a variable-length integer.</summary>
    private const ulong LargestN = (VarInt.MaxValue - First) / Step;

    public static bool Is(ulong value) => value >= First && (value - First) % Step == 0;

    /// <summary>One of the values, chosen by <paramref name="seed"/>, which may be any number.</summary>
    public static ulong From(ulong seed) => (seed % (LargestN + 1) * Step) + First;
}
