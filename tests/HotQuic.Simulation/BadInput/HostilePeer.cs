using HotQuic.Core.Connections;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Recovery;
using HotQuic.Core.Wire;
using HotQuic.Testing;

namespace HotQuic.Simulation.BadInput;

/// <summary>
/// Speaks through an honest connection's keys: what it seals arrives as authentic at the victim, whatever its
/// frames say, while the honest half goes on acknowledging and keeps the connection alive.
/// </summary>
internal sealed class HostilePeer
{
    private const int NumberLength = 4;
    private readonly SimulatedNetwork _network;
    private readonly SimulatedHost _own;
    private readonly SimulatedHost _victim;

    public HostilePeer(SimulatedNetwork network, SimulatedHost own, Connection connection, SimulatedHost victim)
    {
        _network = network;
        _own = own;
        _victim = victim;
        Connection = connection;
    }

    /// <summary>The honest half, whose keys seal.</summary>
    public Connection Connection { get; }

    public bool HasKeys(EncryptionLevel level) => level == EncryptionLevel.OneRtt
        ? Connection.OneRtt is not null
        : Connection.Space(level.Space())?.SendKeys is not null;

    /// <summary>Seals frames into one packet and hands it to the victim at once.</summary>
    public void Send(EncryptionLevel level, ReadOnlySpan<byte> frames) => Deliver(Seal(level, frames));

    public void Send(ReadOnlySpan<byte> frames) => Send(EncryptionLevel.OneRtt, frames);

    public void Deliver(byte[] datagram) =>
        _victim.OnDatagram(new SimulatedDatagram(_own.Address, _victim.Address, datagram, EcnCodepoint.NotEct));

    /// <summary>Leaves out packet numbers, as one does who looks for acknowledgments of what was never sent.</summary>
    public void SkipNumbers(PacketNumberSpace space, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Connection.Space(space)!.TakeNumber();
        }
    }

    /// <summary>Takes the next packet number; the honest half knows of it, so that it takes the acknowledgment in.</summary>
    public byte[] Seal(EncryptionLevel level, ReadOnlySpan<byte> frames, byte reservedBits = 0)
    {
        PacketSpace space = Connection.Space(level.Space())!;
        PacketNumber number = space.TakeNumber();
        Connection.Recovery.OnPacketSent(
            new SentPacketInfo { Space = space.Kind, Number = number, SentAt = _network.Now, Size = 1200, IsAckEliciting = false, IsInFlight = false },
            default);
        return level == EncryptionLevel.OneRtt
            ? SealOneRtt(number, frames, reservedBits)
            : RawPacket.Seal(space.SendKeys!, new RawHeader(level.ToPacketType(), Connection.PeerIds.Active, Connection.LocalHandshakeId)
            {
                Number = number.Value,
                DatagramSize = level == EncryptionLevel.Initial ? 1200 : 0,
                HasReservedBits = reservedBits != 0,
            }, frames);
    }

    private byte[] SealOneRtt(PacketNumber number, ReadOnlySpan<byte> frames, byte reservedBits)
    {
        byte[] bytes = new byte[1 + ConnectionId.MaxLength + NumberLength + frames.Length + PacketAead.TagLength];
        var wire = new WireWriter(bytes);
        int numberOffset = PacketAssembler.WriteShortHeader(ref wire, Connection, number, NumberLength);
        bytes[0] |= reservedBits;
        int end = wire.Position + frames.Length + PacketAead.TagLength;
        frames.CopyTo(bytes.AsSpan(wire.Position));
        Connection.OneRtt!.Seal(number, wire.Written, default, bytes.AsSpan(wire.Position..end));
        PacketProtector.Protect(Connection.OneRtt.SendHeaderProtection, bytes.AsSpan(0, end), numberOffset);
        return bytes[..end];
    }
}
