using System.Buffers.Text;
using System.Runtime.Versioning;
using HotQuic.Udp.Linux;
using Microsoft.Win32.SafeHandles;

namespace HotQuic.Udp;

/// <summary>
/// Whether every thread of the machine that has something to do has a processor: then who looks for work in place of sleeping takes nothing
/// from anybody. It is known on Linux, for a process that may use all of the machine's processors all of the time.
/// </summary>
internal static class ProcessorLoad
{
    /// <summary>Three averages, the threads that run or want to as a part of all, and the last process's number.</summary>
    private const string Path = "/proc/loadavg";
    private const int FieldsBefore = 3;

    private static readonly SafeFileHandle? File = LinuxUdpSocket.IsSupported ? TryOpen() : null;

    /// <summary>Whether <see cref="HasRoom"/> can know.</summary>
    public static bool IsKnown => File is not null;

    /// <summary>True where no more threads run or want to, the caller included, than there are processors. A system call; from any thread.</summary>
    public static bool HasRoom()
    {
        if (File is null)
        {
            return false;
        }

        Span<byte> text = stackalloc byte[128];
        try
        {
            return TryParse(text[..RandomAccess.Read(File, text, fileOffset: 0)], out int running) && running <= Environment.ProcessorCount;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Reads how many threads run or want to.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out int running)
    {
        for (int field = 0; field < FieldsBefore; field++)
        {
            text = text[(text.IndexOf((byte)' ') + 1)..];
        }

        return Utf8Parser.TryParse(text, out running, out int length) && running > 0 && length < text.Length && text[length] == '/';
    }

    /// <summary>The file counts the whole machine: one who has but a part of it cannot tell what is left of that.</summary>
    [SupportedOSPlatform("linux")]
    private static SafeFileHandle? TryOpen()
    {
        try
        {
            return LibC.CountProcessors() == Environment.ProcessorCount ? System.IO.File.OpenHandle(Path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
