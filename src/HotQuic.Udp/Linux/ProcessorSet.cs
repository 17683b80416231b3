using System.Runtime.Versioning;

namespace HotQuic.Udp.Linux;

/// <summary>The processors that a thread may run on, by the system's numbers.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class ProcessorSet
{
    /// <summary>Bytes of a mask: the kernel refuses one that is shorter than its own.</summary>
    private const int MaskLength = 1024;

    /// <summary>Those of a thread, in order; 0 is the caller, and the process's number its first thread. Empty where the system does not tell.</summary>
    public static int[] Of(int thread)
    {
        byte* mask = stackalloc byte[MaskLength];
        new Span<byte>(mask, MaskLength).Clear();
        var processors = new List<int>();
        if (LibC.GetAffinity(thread, MaskLength, mask) >= 0)
        {
            for (int number = 0; number < 8 * MaskLength; number++)
            {
                if ((mask[number / 8] & (1 << (number % 8))) != 0)
                {
                    processors.Add(number);
                }
            }
        }

        return [.. processors];
    }

    /// <summary>The caller runs on this processor alone from now on.</summary>
    public static bool TryKeepTo(int processor)
    {
        byte* mask = stackalloc byte[MaskLength];
        new Span<byte>(mask, MaskLength).Clear();
        mask[processor / 8] = (byte)(1 << (processor % 8));
        return LibC.SetAffinity(0, MaskLength, mask) == 0;
    }
}
