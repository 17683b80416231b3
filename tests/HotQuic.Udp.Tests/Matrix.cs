namespace HotQuic.Udp.Tests;

/// <summary>Every combination of two lists of values, for a theory.</summary>
internal static class Matrix
{
    public static TheoryData<T1, T2> Of<T1, T2>(T1[] firsts, T2[] seconds)
    {
        var data = new TheoryData<T1, T2>();
        foreach (T1 first in firsts)
        {
            foreach (T2 second in seconds)
            {
                data.Add(first, second);
            }
        }

        return data;
    }
}
