using System.Text;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Requests;

/// <summary>
/// Makes a HEADERS frame: <see cref="Begin"/>, then a field at a time, pseudo-header fields first, then <see cref="Complete"/>. It may be
/// used again, after which the frame before is no more.
/// </summary>
internal sealed class FieldSectionWriter
{
    /// <summary>Where the section begins, so that the frame's header, whose length is known last, fits before it.</summary>
    private const int HeaderRoom = Http3FrameHeader.MaxLength;
    private const int MostStackBytes = 512;

    private byte[] _buffer = new byte[512];
    private int _length;

    /// <summary>The size of the section as SETTINGS_MAX_FIELD_SECTION_SIZE counts it, in bytes (RFC 9114 §4.2.2).</summary>
    public long SectionSize { get; private set; }

    public void Begin()
    {
        SectionSize = 0;
        QpackEncoder.TryWritePrefix(_buffer.AsSpan(HeaderRoom), out int written);
        _length = HeaderRoom + written;
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        long needed = _length + QpackEncoder.MaximumFieldLength(name.Length, value.Length);
        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Max(needed, _buffer.Length * 2L));
        }

        QpackEncoder.TryWriteField(name, value, _buffer.AsSpan(_length), out int written);
        _length += written;
        SectionSize += FieldSize.Of(name.Length, value.Length);
    }

    /// <summary>Adds a field whose value is text, as Latin-1, without the space around it, which is no part of it (RFC 9110 §5.5) and malformed (RFC 9114 §10.3).</summary>
    /// <exception cref="ArgumentException">The value has characters that no field value may have.</exception>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<char> value)
    {
        value = value.Trim(" \t");
        Span<byte> bytes = value.Length <= MostStackBytes ? stackalloc byte[MostStackBytes] : new byte[value.Length];
        bytes = bytes[..value.Length];
        if (value.ContainsAnyExceptInRange('\0', '\u00ff') || Encoding.Latin1.GetBytes(value, bytes) != value.Length || !FieldRules.IsValue(bytes))
        {
            throw new ArgumentException($"The value of the field {Encoding.ASCII.GetString(name)} has a character that is not allowed: expected Latin-1 without control characters.");
        }

        Add(name, bytes);
    }

    /// <summary>Adds a field; its name is written in lower case (RFC 9114 §4.2).</summary>
    /// <exception cref="ArgumentException">The name is not a token, or the value has characters that no field value may have.</exception>
    public void Add(string name, ReadOnlySpan<char> value)
    {
        if (!FieldRules.IsToken(name))
        {
            throw new ArgumentException($"'{name}' is not the name of a field: expected a token (RFC 9110 §5.1).");
        }

        Span<byte> lower = name.Length <= MostStackBytes ? stackalloc byte[MostStackBytes] : new byte[name.Length];
        Ascii.ToLower(name, lower, out int length);
        Add(lower[..length], value);
    }

    /// <summary>Ends the section.</summary>
    /// <returns>The whole frame, which stays until <see cref="Begin"/>.</returns>
    public ReadOnlyMemory<byte> Complete()
    {
        Http3FrameHeader header = new(Http3FrameType.Headers, (ulong)(_length - HeaderRoom));
        int start = HeaderRoom - header.Length;
        header.Write(_buffer.AsSpan(start));
        return _buffer.AsMemory(start, _length - start);
    }
}
