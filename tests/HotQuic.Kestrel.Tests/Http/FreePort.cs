using System.Net;
using System.Net.Sockets;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>Kestrel does not choose one port for TCP and UDP together, so the tests do.</summary>
internal static class FreePort
{
    /// <summary>A port that is free for both at the moment.</summary>
    public static int Find()
    {
        while (true)
        {
            using var udp = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
            udp.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
            int port = ((IPEndPoint)udp.LocalEndPoint!).Port;
            using var tcp = new TcpListener(IPAddress.Loopback, port);
            try
            {
                tcp.Start();
                return port;
            }
            catch (SocketException)
            {
                continue;
            }
        }
    }
}
