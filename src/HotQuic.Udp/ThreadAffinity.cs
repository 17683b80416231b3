using HotQuic.Udp.Linux;

namespace HotQuic.Udp;

/// <summary>
/// Keeps a thread on one processor, where the system can: Linux here. Threads that such a thread starts are not kept there: the runtime
/// gives each new thread the process's processors.
/// </summary>
internal static class ThreadAffinity
{
    /// <summary>
    /// Keeps the calling thread on one of the processors that the process may use, the first for 0; beyond the last they are counted again
    /// from the first. False where the system cannot do it: the thread runs as before.
    /// </summary>
    public static bool TryPin(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (!LinuxUdpSocket.IsSupported)
        {
            return false;
        }

        int[] processors = ProcessorSet.Of(Environment.ProcessId);
        return processors.Length > 0 && ProcessorSet.TryKeepTo(processors[index % processors.Length]);
    }
}
