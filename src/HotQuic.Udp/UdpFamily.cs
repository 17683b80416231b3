namespace HotQuic.Udp;

/// <summary>The family of a <see cref="UdpAddress"/>.</summary>
internal enum UdpFamily : byte
{
    /// <summary>No address: not known, or not asked for.</summary>
    None = 0,
    IPv4 = 4,
    IPv6 = 6,
}
