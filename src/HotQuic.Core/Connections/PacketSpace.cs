using HotQuic.Core.Acknowledgements;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Connections;

/// <summary>
/// What each packet number space has for itself: numbers, acknowledgments, handshake bytes, and, for Initial and
/// Handshake, its keys. The keys of 1-RTT packets change and live in <see cref="KeyPhases"/>.
/// </summary>
internal sealed class PacketSpace
{
    private readonly PacketKeys? _sendKeys;
    private readonly PacketKeys? _receiveKeys;

    public PacketSpace(PacketNumberSpace kind, ConnectionServices services)
    {
        Kind = kind;
        Acknowledgements = new AckTracker(kind, new AckPolicy());
        Crypto = new CryptoStream(services.Buffers);
        if (kind != PacketNumberSpace.Application)
        {
            _sendKeys = new PacketKeys(services.Keys);
            _receiveKeys = new PacketKeys(services.Keys);
        }
    }

    public PacketNumberSpace Kind { get; }

    public AckTracker Acknowledgements { get; }

    public CryptoStream Crypto { get; }

    /// <summary>Null before they are installed, and once the space is discarded.</summary>
    public PacketKeys? SendKeys => _sendKeys is { AreInstalled: true } ? _sendKeys : null;

    /// <inheritdoc cref="SendKeys"/>
    public PacketKeys? ReceiveKeys => _receiveKeys is { AreInstalled: true } ? _receiveKeys : null;

    /// <summary>Keys are gone for good, and so is the space (RFC 9001 §4.9).</summary>
    public bool IsDiscarded { get; private set; }

    /// <summary>The number of the next packet to be sent; never used twice (RFC 9000 §12.3).</summary>
    public PacketNumber NextNumber { get; private set; } = new(0);

    /// <summary>Packets still to be sent although the congestion window may be full, because a probe timeout fired (RFC 9002 §6.2.4).</summary>
    public int ProbesWanted { get; set; }

    /// <summary>A PING is to be sent if nothing else elicits an acknowledgment.</summary>
    public bool IsPingWanted { get; set; }

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(AckPolicy policy)
    {
        Discard();
        IsDiscarded = false;
        NextNumber = new PacketNumber(0);
        Acknowledgements.Begin(policy);
        Crypto.Begin();
    }

    public PacketNumber TakeNumber()
    {
        PacketNumber number = NextNumber;
        NextNumber = number.Next;
        return number;
    }

    /// <summary>The keys that anybody derives who saw the client's first Initial (RFC 9001 §5.2).</summary>
    public void InstallInitialKeys(QuicVersion version, ConnectionId destination, EndpointRole own) =>
        InitialKeys.Install(version, destination, own, _sendKeys!, _receiveKeys!);

    /// <summary>The place of an Initial or Handshake space for the keys of a direction; whoever installs them derives them there.</summary>
    public PacketKeys KeysFor(SecretDirection direction) => direction == SecretDirection.Send ? _sendKeys! : _receiveKeys!;

    /// <summary>Wipes the keys and lets go of what waited to be sent or read.</summary>
    public void Discard()
    {
        IsDiscarded = true;
        _sendKeys?.Discard();
        _receiveKeys?.Discard();
        ProbesWanted = 0;
        IsPingWanted = false;
        Crypto.Release();
    }
}
