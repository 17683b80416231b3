using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HotQuic.Udp.Linux;

/// <summary>A file descriptor that is closed once, and not while a system call of another thread still uses it.</summary>
[SupportedOSPlatform("linux")]
internal sealed class Descriptor : SafeHandle
{
    private readonly Socket? _socket;

    public Descriptor(int descriptor)
        : base(-1, ownsHandle: true)
    {
        SetHandle(descriptor);
    }

    /// <summary>That of a socket which is closed with it.</summary>
    public Descriptor(Socket socket)
        : this((int)socket.Handle)
    {
        _socket = socket;
    }

    public override bool IsInvalid => handle < 0;

    /// <summary>The number, for a call that takes many at once: hold a reference meanwhile.</summary>
    public int Number => (int)handle;

    /// <summary>Takes a reference; false where it is closed already.</summary>
    public bool TryAddReference()
    {
        if (IsClosed)
        {
            return false;
        }

        bool added = false;
        try
        {
            DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            // Another thread closed it since the look above.
        }

        return added;
    }

    protected override bool ReleaseHandle()
    {
        if (_socket is null)
        {
            return LibC.Close((int)handle) == 0;
        }

        _socket.Dispose();
        return true;
    }
}
