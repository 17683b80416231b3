using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>NEW_TOKEN, type 0x07 (RFC 9000 §19.7): a token for the Initial packets of a later connection.</summary>
internal readonly ref struct NewTokenFrame
{
    public NewTokenFrame(ReadOnlySpan<byte> token)
    {
        Token = token;
    }

    /// <summary>Never empty in a frame that was read.</summary>
    public ReadOnlySpan<byte> Token { get; }

    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf((ulong)Token.Length) + Token.Length;

    public static bool TryRead(scoped ref WireReader reader, out NewTokenFrame frame)
    {
        frame = default;

        // RFC 9000 §19.7: the token must not be empty.
        if (!reader.TryReadVarIntPrefixed(out ReadOnlySpan<byte> token) || token.IsEmpty)
        {
            return false;
        }

        frame = new NewTokenFrame(token);
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.NewToken);
        writer.WriteVarInt((ulong)Token.Length);
        writer.WriteBytes(Token);
    }
}
