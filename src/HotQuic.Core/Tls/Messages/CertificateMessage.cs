using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>The Certificate message (RFC 8446 §4.4.2): its list as it is written, and the chain as it is read.</summary>
internal static class CertificateMessage
{
    private const int EntryOverhead = 3 + 2; // length of the certificate, and of its extensions, of which there are none
    private const int MaxCertificates = 64;

    /// <summary>certificate_list, length included, without any extension.</summary>
    public static byte[] EncodeList(IReadOnlyList<ReadOnlyMemory<byte>> chain)
    {
        int length = 0;
        foreach (ReadOnlyMemory<byte> certificate in chain)
        {
            ArgumentOutOfRangeException.ThrowIfZero(certificate.Length, nameof(chain));
            length = checked(length + EntryOverhead + certificate.Length);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 0xff_ffff - EntryOverhead, nameof(chain));
        byte[] encoded = new byte[3 + length];
        var writer = new WireWriter(encoded);
        writer.WriteUInt24(length);
        foreach (ReadOnlyMemory<byte> certificate in chain)
        {
            writer.WriteUInt24(certificate.Length);
            writer.WriteBytes(certificate.Span);
            writer.WriteUInt16(0);
        }

        return encoded;
    }

    /// <summary>
    /// Reads one whole message, header included, into a chain that keeps slices of <paramref name="message"/>; an empty
    /// list gives an empty chain. We ask for nothing that an entry's extensions could answer, so there may be none.
    /// </summary>
    public static TransportError? Read(ReadOnlyMemory<byte> message, out ReadOnlyMemory<byte>[] chain)
    {
        chain = [];
        ReadOnlySpan<byte> span = message.Span;
        var reader = new WireReader(span);
        _ = reader.TryReadBytes(HandshakeMessageLimits.HeaderLength, out _);
        if (!reader.TryReadVector8(out ReadOnlySpan<byte> context) || !reader.TryReadVector24(out ReadOnlySpan<byte> list)
            || !reader.IsEmpty)
        {
            return TransportError.FromAlert(TlsAlert.DecodeError, "a malformed Certificate message");
        }

        if (!context.IsEmpty)
        {
            return TransportError.FromAlert(TlsAlert.IllegalParameter, "certificate_request_context is not empty");
        }

        return CheckEntries(list, out int count) ?? Slice(message[(span.Length - list.Length)..], count, out chain);
    }

    private static TransportError? CheckEntries(ReadOnlySpan<byte> list, out int count)
    {
        count = 0;
        var reader = new WireReader(list);
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadVector24(out ReadOnlySpan<byte> certificate) || certificate.IsEmpty
                || !reader.TryReadVector16(out ReadOnlySpan<byte> extensions))
            {
                return TransportError.FromAlert(TlsAlert.DecodeError, "a malformed certificate_list");
            }

            var extensionReader = new ExtensionReader(extensions, ExtensionMessages.Certificate);
            while (extensionReader.TryReadNext(out _, out _))
            {
                // Whatever is legal here has to have been asked for, so the first one ends the walk.
            }

            if (extensionReader.Error is not null)
            {
                return extensionReader.Error;
            }

            if (++count > MaxCertificates)
            {
                return TransportError.FromAlert(TlsAlert.BadCertificate, "a chain of more than 64 certificates");
            }
        }

        return null;
    }

    private static TransportError? Slice(ReadOnlyMemory<byte> list, int count, out ReadOnlyMemory<byte>[] chain)
    {
        chain = new ReadOnlyMemory<byte>[count];
        var reader = new WireReader(list.Span);
        for (int i = 0; i < count; i++)
        {
            _ = reader.TryReadVector24(out ReadOnlySpan<byte> certificate);
            chain[i] = list.Slice(reader.Position - certificate.Length, certificate.Length);
            _ = reader.TryReadVector16(out _);
        }

        return null;
    }
}
