using System.Runtime.InteropServices;

namespace HotQuic.Udp.Linux;

/// <summary>Walks the control messages that came with a message: <see cref="TryRead"/> until it gives false.</summary>
internal ref struct ControlReader(ReadOnlySpan<byte> control)
{
    public const int HeaderLength = 16;

    private ReadOnlySpan<byte> _rest = control;

    public bool TryRead(out int level, out int type, out ReadOnlySpan<byte> data)
    {
        level = 0;
        type = 0;
        data = default;
        if (_rest.Length < HeaderLength)
        {
            return false;
        }

        var header = MemoryMarshal.Read<ControlHeader>(_rest);
        if (header.Length < HeaderLength || header.Length > (nuint)_rest.Length)
        {
            return false;
        }

        int length = (int)header.Length;
        level = header.Level;
        type = header.Type;
        data = _rest[HeaderLength..length];
        _rest = _rest[Math.Min(ControlWriter.Align(length), _rest.Length)..];
        return true;
    }
}
