using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace HotQuic.Udp.Linux;

/// <summary>Socket options: whether the kernel has one is found by setting it.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class SocketOptions
{
    public static bool TrySet<T>(Descriptor socket, int level, int option, in T value)
        where T : unmanaged
    {
        fixed (T* pointer = &value)
        {
            return LibC.SetSocketOption(socket, level, option, pointer, (uint)Unsafe.SizeOf<T>()) == 0;
        }
    }

    public static bool TryGet(Descriptor socket, int level, int option, out int value)
    {
        int result = 0;
        uint length = sizeof(int);
        bool done = LibC.GetSocketOption(socket, level, option, &result, &length) == 0;
        value = result;
        return done;
    }
}
