using System.Text;

namespace HotQuic.Http3.Handlers;

/// <summary>Strings for field names, of which servers send the same ones again and again: those seen last are kept.</summary>
internal static class FieldNames
{
    private const int Slots = 256;
    private const int LongestKept = 64;

    private static readonly string?[] Kept = new string?[Slots];

    public static string ToString(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestKept)
        {
            return Encoding.ASCII.GetString(name);
        }

        HashCode hash = default;
        hash.AddBytes(name);
        ref string? slot = ref Kept[hash.ToHashCode() & (Slots - 1)];
        string? kept = Volatile.Read(ref slot);
        if (kept is null || !Ascii.Equals(name, kept))
        {
            kept = Encoding.ASCII.GetString(name);
            Volatile.Write(ref slot, kept);
        }

        return kept;
    }
}
