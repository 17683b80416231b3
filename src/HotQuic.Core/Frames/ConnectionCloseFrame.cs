using System.Text;
using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>
/// CONNECTION_CLOSE, types 0x1c and 0x1d (RFC 9000 §19.19). Made by <see cref="Transport"/> or <see cref="Application"/>;
/// where the room is small, <see cref="FittedTo"/> shortens the reason first.
/// </summary>
internal readonly ref struct ConnectionCloseFrame
{
    private ConnectionCloseFrame(FrameType type, ulong errorCode, ulong triggerType, ReadOnlySpan<byte> reasonPhrase)
    {
        Type = type;
        ErrorCode = errorCode;
        TriggerType = triggerType;
        ReasonPhrase = reasonPhrase;
    }

    public FrameType Type { get; }

    /// <summary>True for type 0x1d, whose code belongs to the application protocol.</summary>
    public bool IsApplication => Type == FrameType.ConnectionCloseApplication;

    public ulong ErrorCode { get; }

    /// <summary>The Frame Type field: the type that caused the error, or 0 where that is not known or the application closed.</summary>
    public ulong TriggerType { get; }

    /// <summary>Should be UTF-8, but nothing makes it so.</summary>
    public ReadOnlySpan<byte> ReasonPhrase { get; }

    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => LengthWithoutReason + VarInt.LengthOf((ulong)ReasonPhrase.Length) + ReasonPhrase.Length;

    private int LengthWithoutReason => 1 + VarInt.LengthOf(ErrorCode) + (IsApplication ? 0 : VarInt.LengthOf(TriggerType));

    public static ConnectionCloseFrame Transport(TransportErrorCode code, ulong triggerType, ReadOnlySpan<byte> reasonPhrase) =>
        new(FrameType.ConnectionCloseTransport, (ulong)code, triggerType, reasonPhrase);

    public static ConnectionCloseFrame Application(ulong code, ReadOnlySpan<byte> reasonPhrase) =>
        new(FrameType.ConnectionCloseApplication, code, 0, reasonPhrase);

    public static bool TryRead(FrameType type, scoped ref WireReader reader, out ConnectionCloseFrame frame)
    {
        frame = default;
        ulong triggerType = 0;
        if (!reader.TryReadVarInt(out ulong code)
            || (type == FrameType.ConnectionCloseTransport && !reader.TryReadVarInt(out triggerType))
            || !reader.TryReadVarIntPrefixed(out ReadOnlySpan<byte> reason))
        {
            return false;
        }

        frame = new ConnectionCloseFrame(type, code, triggerType, reason);
        return true;
    }

    /// <summary>The same frame with as much of its reason as fits, cut between characters; without one it may still not fit.</summary>
    public ConnectionCloseFrame FittedTo(int room)
    {
        int fitting = Math.Clamp(LengthPrefix.MaxDataLength(room - LengthWithoutReason), 0, ReasonPhrase.Length);
        if (fitting < ReasonPhrase.Length)
        {
            // A byte 10xxxxxx continues a character of UTF-8: step back to where one starts.
            while (fitting > 0 && (ReasonPhrase[fitting] & 0xc0) == 0x80)
            {
                fitting--;
            }
        }

        return new ConnectionCloseFrame(Type, ErrorCode, TriggerType, ReasonPhrase[..fitting]);
    }

    /// <summary>The reason as text; bytes that are not UTF-8 become replacement characters.</summary>
    public string ReasonText() => Encoding.UTF8.GetString(ReasonPhrase);

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)Type);
        writer.WriteVarInt(ErrorCode);
        if (!IsApplication)
        {
            writer.WriteVarInt(TriggerType);
        }

        writer.WriteVarInt((ulong)ReasonPhrase.Length);
        writer.WriteBytes(ReasonPhrase);
    }
}
