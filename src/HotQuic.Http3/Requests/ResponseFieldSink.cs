using HotQuic.Http3.Frames;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Requests;

/// <summary>
/// Takes the field lines of a response or of its trailers into a <see cref="FieldStore"/>, and refuses what makes a message malformed
/// (RFC 9114 §4.1.2, §4.2, §4.3). After the section, <see cref="Complete"/> says whether it may stand.
/// </summary>
internal struct ResponseFieldSink(FieldStore store, bool areTrailers) : IFieldSink
{
    private const int SwitchingProtocols = 101;

    private static readonly Http3Error UnknownPseudoField = Malformed("a response has a pseudo-header field other than :status");
    private static readonly Http3Error LatePseudoField = Malformed("a pseudo-header field comes after a field");
    private static readonly Http3Error PseudoFieldInTrailers = Malformed("trailers have a pseudo-header field");
    private static readonly Http3Error SecondStatus = Malformed("a response has two :status fields");
    private static readonly Http3Error NoStatus = Malformed("a response has no :status");
    private static readonly Http3Error BadStatus = Malformed("the :status is not a status code of HTTP/3");
    private static readonly Http3Error BadName = Malformed("a field name is empty or has a character that it may not have, such as an upper case letter");
    private static readonly Http3Error BadValue = Malformed("a field value has a control character");
    private static readonly Http3Error ConnectionField = Malformed("a response has a field that is about a connection of HTTP/1.1");
    private static readonly Http3Error BadLength = Malformed("the content-length is not one number");

    private bool _hasFields;

    /// <summary>The status code; 0 until there is one.</summary>
    public int Status { get; private set; }

    /// <summary>The content length; -1 until there is one.</summary>
    public long ContentLength { get; private set; } = -1;

    /// <summary>What made it stop.</summary>
    public Http3Error? Error { get; private set; }

    public bool OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Error = !name.IsEmpty && name[0] == ':' ? OnPseudoField(name, value) : OnOrdinaryField(name, value);
        return Error is null;
    }

    /// <summary>The section is over: what is missing in it, if something is.</summary>
    public readonly Http3Error? Complete() => Error ?? (Status == 0 && !areTrailers ? NoStatus : null);

    private static Http3Error Malformed(string reason) => new(Http3ErrorCode.MessageError, reason);

    private Http3Error? OnPseudoField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (areTrailers)
        {
            return PseudoFieldInTrailers;
        }

        if (_hasFields)
        {
            return LatePseudoField;
        }

        if (!name.SequenceEqual(":status"u8))
        {
            return UnknownPseudoField;
        }

        if (Status != 0)
        {
            return SecondStatus;
        }

        if (value.Length != 3 || value[0] is < (byte)'1' or > (byte)'9' || !FieldRules.TryReadLength(value, out long status) || status == SwitchingProtocols)
        {
            return BadStatus; // RFC 9110 §15, RFC 9114 §4.5
        }

        Status = (int)status;
        return null;
    }

    private Http3Error? OnOrdinaryField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        _hasFields = true;
        if (!FieldRules.IsName(name))
        {
            return BadName;
        }

        if (!FieldRules.IsValue(value))
        {
            return BadValue;
        }

        if (FieldRules.IsConnectionSpecific(name) || name.SequenceEqual("te"u8))
        {
            return ConnectionField;
        }

        if (!areTrailers && name.SequenceEqual("content-length"u8))
        {
            if (!FieldRules.TryReadLength(value, out long length) || (ContentLength >= 0 && ContentLength != length))
            {
                return BadLength;
            }

            ContentLength = length;
        }

        store.Add(name, value);
        return null;
    }
}
