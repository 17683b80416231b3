using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Parameters;

/// <summary>version_information (RFC 9368 §3): the version that its sender chose, and those that it offers.</summary>
internal sealed class VersionInformation
{
    private readonly QuicVersion[] _available;

    public VersionInformation(QuicVersion chosen, ReadOnlySpan<QuicVersion> available)
    {
        Chosen = chosen;
        _available = available.ToArray();
    }

    public QuicVersion Chosen { get; }

    /// <summary>In the order of the sender's preference; reserved versions may be among them.</summary>
    public ReadOnlySpan<QuicVersion> Available => _available;

    /// <summary>Bytes of the parameter's value.</summary>
    public int Length => sizeof(uint) * (1 + _available.Length);

    public bool Offers(QuicVersion version) => Available.Contains(version);

    /// <summary>Reads the value; null where RFC 9368 §4 makes it a parsing failure.</summary>
    public static VersionInformation? Read(ReadOnlySpan<byte> value, EndpointRole sender)
    {
        if (value.IsEmpty || value.Length % sizeof(uint) != 0)
        {
            return null;
        }

        var reader = new WireReader(value);
        _ = reader.TryReadUInt32(out uint chosen);
        var available = new QuicVersion[(value.Length / sizeof(uint)) - 1];
        for (int i = 0; i < available.Length; i++)
        {
            _ = reader.TryReadUInt32(out uint version);
            available[i] = (QuicVersion)version;
        }

        var information = new VersionInformation((QuicVersion)chosen, available);
        bool namesNoVersion = chosen == 0 || information.Offers(QuicVersion.Negotiation);
        bool isChosenMissing = sender == EndpointRole.Client && !information.Offers(information.Chosen);
        return namesNoVersion || isChosenMissing ? null : information;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteUInt32((uint)Chosen);
        foreach (QuicVersion version in _available)
        {
            writer.WriteUInt32((uint)version);
        }
    }
}
