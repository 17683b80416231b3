using System.Net;
using System.Net.Security;

namespace HotQuic.Tests.Listener;

/// <summary>A listener as the tables write it: "name address protocol protocol …", where the address may be any, v4 or v6.</summary>
internal sealed record ListenerText(string Name, IPAddress? Address, List<SslApplicationProtocol> Protocols)
{
    public static ListenerText Parse(string text)
    {
        string[] words = text.Split(' ');
        IPAddress? address = words[1] switch
        {
            "any" => null,
            "v4" => IPAddress.Any,
            "v6" => IPAddress.IPv6Any,
            string specific => IPAddress.Parse(specific),
        };
        return new ListenerText(words[0], address, ProtocolsOf(words[2..]));
    }

    public static List<SslApplicationProtocol> ProtocolsOf(params string[] names) => [.. names.Select(name => new SslApplicationProtocol(name))];
}
