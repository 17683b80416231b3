using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>
/// Walks a block of extensions, the length in front already taken off: <c>while (reader.TryReadNext(…))</c>, then look at
/// <see cref="Error"/>. It finds broken lengths, repeats and extensions in the wrong place; bodies are the caller's.
/// </summary>
internal ref struct ExtensionReader
{
    private readonly ExtensionMessages _message;
    private readonly ExtensionSet _offered;
    private readonly bool _hasRepeats;
    private WireReader _reader;

    /// <param name="block">The extensions.</param>
    /// <param name="message">The message that they are in.</param>
    /// <param name="offered">What we offered, for a message in which every extension answers an offer; else nothing.</param>
    public ExtensionReader(ReadOnlySpan<byte> block, ExtensionMessages message, ExtensionSet offered = default)
    {
        _reader = new WireReader(block);
        _message = message;
        _offered = offered;
        _hasRepeats = HasRepeats(block);
    }

    /// <summary>Why the walk ended, null where the block did.</summary>
    public TransportError? Error { get; private set; }

    /// <summary>What was read so far.</summary>
    public ExtensionSet Present { get; private set; }

    public bool TryReadNext(out ExtensionType type, out ReadOnlySpan<byte> body)
    {
        type = default;
        body = default;
        if (_reader.IsEmpty || Error is not null)
        {
            return false;
        }

        if (!_reader.TryReadUInt16(out ushort value) || !_reader.TryReadVector16(out body))
        {
            Error = TransportError.FromAlert(TlsAlert.DecodeError, "an extension ends too early");
            return false;
        }

        type = (ExtensionType)value;
        Error = ExtensionRules.Check(type, _message, _offered);
        if (Error is null && _hasRepeats)
        {
            // RFC 8446 §4.2
            Error = TransportError.FromAlert(TlsAlert.IllegalParameter, "an extension stands twice in one block");
        }

        Present = Present.With(type);
        return Error is null;
    }

    /// <summary>The walk ends here: the body of an extension is not what it should be.</summary>
    public void Fail(TlsAlert alert, string reason) => Error = TransportError.FromAlert(alert, reason);

    // Unknown extensions count too, and there may be thousands: one bit each.
    private static bool HasRepeats(ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
        {
            return false;
        }

        var seen = new UInt16Set(stackalloc ulong[UInt16Set.Words]);
        var reader = new WireReader(block);
        while (reader.TryReadUInt16(out ushort type) && reader.TryReadVector16(out _))
        {
            if (!seen.TryAdd(type))
            {
                return true;
            }
        }

        return false;
    }
}
