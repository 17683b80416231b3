using HotQuic.Core.Acknowledgements;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;

namespace HotQuic.Core.Connections;

/// <summary>
/// What each packet number space has for itself: numbers, acknowledgments, handshake bytes, and, for Initial and
/// Handshake, its keys. The keys of 1-RTT packets change and live in <see cref="KeyPhases"/>.
/// </summary>
internal sealed class PacketSpace
{
    public PacketSpace(PacketNumberSpace kind, AckTracker acknowledgements, CryptoStream crypto)
    {
        Kind = kind;
        Acknowledgements = acknowledgements;
        Crypto = crypto;
    }

    public PacketNumberSpace Kind { get; }

    public AckTracker Acknowledgements { get; }

    public CryptoStream Crypto { get; }

    public PacketKeys? SendKeys { get; private set; }

    public PacketKeys? ReceiveKeys { get; private set; }

    /// <summary>Keys are gone for good, and so is the space (RFC 9001 §4.9).</summary>
    public bool IsDiscarded { get; private set; }

    /// <summary>The number of the next packet to be sent; never used twice (RFC 9000 §12.3).</summary>
    public PacketNumber NextNumber { get; private set; } = new(0);

    /// <summary>Packets still to be sent although the congestion window may be full, because a probe timeout fired (RFC 9002 §6.2.4).</summary>
    public int ProbesWanted { get; set; }

    /// <summary>A PING is to be sent if nothing else elicits an acknowledgment.</summary>
    public bool IsPingWanted { get; set; }

    public PacketNumber TakeNumber()
    {
        PacketNumber number = NextNumber;
        NextNumber = number.Next;
        return number;
    }

    public void InstallSendKeys(PacketKeys keys)
    {
        SendKeys?.Dispose();
        SendKeys = keys;
    }

    public void InstallReceiveKeys(PacketKeys keys)
    {
        ReceiveKeys?.Dispose();
        ReceiveKeys = keys;
    }

    /// <summary>Wipes the keys and lets go of what waited to be sent or read.</summary>
    public void Discard()
    {
        IsDiscarded = true;
        SendKeys?.Dispose();
        ReceiveKeys?.Dispose();
        SendKeys = null;
        ReceiveKeys = null;
        ProbesWanted = 0;
        IsPingWanted = false;
        Crypto.Release();
    }
}
