namespace HotQuic.Http3.Qpack;

/// <summary>What a field section begins with (RFC 9204 §4.5.1).</summary>
/// <param name="RequiredInsertCount">How many entries have to be inserted before it can be decoded; 0 where it does not refer to the dynamic table.</param>
/// <param name="Base">What its indices are relative to.</param>
internal readonly record struct FieldSectionPrefix(long RequiredInsertCount, long Base)
{
    /// <summary>Reads the prefix from the front of a section; false where it ends early, or no encoder could have written it.</summary>
    /// <param name="reader">The section.</param>
    /// <param name="maximumEntries">The greatest number of entries that the dynamic table can have.</param>
    /// <param name="insertCount">How many entries have been inserted.</param>
    /// <param name="prefix">The prefix.</param>
    public static bool TryRead(ref QpackReader reader, int maximumEntries, long insertCount, out FieldSectionPrefix prefix)
    {
        prefix = default;
        if (!reader.TryReadInteger(8, out long encodedInsertCount)
            || !TryDecodeInsertCount(encodedInsertCount, maximumEntries, insertCount, out long required)
            || reader.IsEmpty)
        {
            return false;
        }

        bool isBelow = (reader.Next & 0x80) != 0;
        if (!reader.TryReadInteger(7, out long delta) || (isBelow && required <= delta))
        {
            return false;
        }

        prefix = new FieldSectionPrefix(required, isBelow ? required - delta - 1 : required + delta);
        return true;
    }

    /// <summary>
    /// The count is sent modulo twice the greatest number of entries, plus 1: of the values that this leaves, the one meant lies
    /// within that number of what has been inserted (RFC 9204 §4.5.1.1).
    /// </summary>
    private static bool TryDecodeInsertCount(long encoded, int maximumEntries, long insertCount, out long required)
    {
        required = 0;
        if (encoded == 0)
        {
            return true;
        }

        long fullRange = 2L * maximumEntries;
        if (encoded > fullRange)
        {
            return false;
        }

        long greatest = insertCount + maximumEntries;
        required = (greatest / fullRange * fullRange) + encoded - 1;
        if (required > greatest)
        {
            required -= fullRange;
        }

        return required > 0;
    }
}
