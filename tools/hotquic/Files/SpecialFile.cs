using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HotQuic.Tools.Files;

/// <summary>
/// Tells devices, named pipes and sockets from files: another file must not be put in their place, which the system lets an administrator do.
/// </summary>
internal static partial class SpecialFile
{
    private const int RelativeToCurrentDirectory = -100;
    private const uint TypeWanted = 1;

    /// <summary>The kernel's struct statx has the same layout on every architecture.</summary>
    private const int StatusLength = 256;
    private const int ModeOffset = 28;
    private const int KindMask = 0xf000;
    private const int DirectoryKind = 0x4000;
    private const int FileKind = 0x8000;

    /// <summary>Whether there is something at this path, links followed, that is neither a file nor a directory. Known on Linux alone.</summary>
    public static bool Is(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        Span<byte> status = stackalloc byte[StatusLength];
        try
        {
            if (Read(RelativeToCurrentDirectory, path, 0, TypeWanted, ref status[0]) != 0)
            {
                return false;
            }
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }

        ushort mode = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..])
            : BinaryPrimitives.ReadUInt16BigEndian(status[ModeOffset..]);
        return (mode & KindMask) is not (FileKind or DirectoryKind);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Read(int directory, string path, int flags, uint mask, ref byte status);
}
