namespace HotQuic.Connections;

/// <summary>The peer's address, which a server's may change (RFC 9000 §9).</summary>
internal sealed partial class ConnectionDriver
{
    private void OnPeerAddressChanged() => Application?.OnPeerAddressChanged();
}
