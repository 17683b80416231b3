namespace HotQuic.Core.Frames;

/// <summary>How much data fits behind a Length field that is itself as short as the data allows.</summary>
internal static class LengthPrefix
{
    /// <summary>
    /// The most data for which field and data together take at most <paramref name="room"/> bytes; 0 or less where none
    /// fits.
    /// </summary>
    public static int MaxDataLength(int room)
    {
        const int shorterThanTwoBytes = 1 << 6;
        const int shorterThanFourBytes = 1 << 14;
        if (room - 1 < shorterThanTwoBytes)
        {
            return room - 1;
        }

        // Where a longer field costs the byte that made it necessary, the shorter field with less data is no worse.
        return room - 2 < shorterThanFourBytes ? room - 2 : Math.Max(room - 4, shorterThanFourBytes - 1);
    }
}
