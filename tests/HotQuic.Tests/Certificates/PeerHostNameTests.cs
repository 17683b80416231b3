using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;

namespace HotQuic.Tests.Certificates;

/// <summary>The rules of SslStream for TargetHost: each case is also put to SslStream itself, over loopback.</summary>
public sealed class PeerHostNameTests : IDisposable
{
    private static readonly string[] Names =
        ["host.example", "*.wild.example", "xn--bcher-kva.example", "under_score.example", "127.0.0.1", "::1", "fe80::1"];

    private readonly TestAuthority _root = new("host name root");

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("host.example", true)]
    [InlineData("HOST.Example", true)]
    [InlineData("host.example.", true)]
    [InlineData("other.example", false)]
    [InlineData("sub.host.example", false)]
    [InlineData("a.wild.example", true)]
    [InlineData("a.b.wild.example", false)]
    [InlineData("wild.example", false)]
    [InlineData("bücher.example", true)]
    [InlineData("xn--bcher-kva.example", true)]
    [InlineData("bücher2.example", false)]
    [InlineData("under_score.example", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.2", false)]
    [InlineData("::1", true)]
    [InlineData("0:0:0:0:0:0:0:1", true)]
    [InlineData("::2", false)]
    [InlineData("leaf", false)]
    public async Task S19_TargetHostIsMatchedAsBySslStream(string host, bool isMatch)
    {
        using X509Certificate2 certificate = TestPeer.OnP256(_root, new LeafWish { Names = Names }).Certificate;
        Assert.Equal(isMatch, PeerHostName.Matches(certificate, host));
        Assert.Equal(isMatch, await SslStreamMatchesAsync(certificate, host));
    }

    [Theory]
    [InlineData("CN=common.example", "common.example", true)]
    [InlineData("CN=common.example", "other.example", false)]
    [InlineData("CN=common.example, O=x", "common.example.", true)]
    public async Task S19_CommonNameCountsWhereThereIsNoAlternativeName(string subject, string host, bool isMatch)
    {
        using X509Certificate2 certificate = TestPeer.OnP256(_root, new LeafWish { Subject = subject, Names = [] }).Certificate;
        Assert.Equal(isMatch, PeerHostName.Matches(certificate, host));
        Assert.Equal(isMatch, await SslStreamMatchesAsync(certificate, host));
    }

    [Theory]
    [InlineData("[::1]", true)]
    [InlineData("fe80::1%3", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("...", false)]
    [InlineData("*.wild.example", false)]
    [InlineData("not a host", false)]
    [InlineData("host.example/path", false)]
    [InlineData("host.example\0", false)]
    public void S19_AddressesOfUrisAndNamesThatAreNone(string? host, bool isMatch)
    {
        using X509Certificate2 certificate = TestPeer.OnP256(_root, new LeafWish { Names = Names }).Certificate;
        Assert.Equal(isMatch, PeerHostName.Matches(certificate, host));
    }

    private static async Task<bool> SslStreamMatchesAsync(X509Certificate2 certificate, string host)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using TcpClient client = new();
        Task<TcpClient> accepting = listener.AcceptTcpClientAsync();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using TcpClient server = await accepting;

        SslPolicyErrors? seen = null;
        using SslStream serverStream = new(server.GetStream());
        using SslStream clientStream = new(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, errors) =>
        {
            seen = errors;
            return seen.HasValue;
        });
        Task serving = serverStream.AuthenticateAsServerAsync(certificate);
        await clientStream.AuthenticateAsClientAsync(host);
        await serving;
        Assert.NotNull(seen);
        return !seen.Value.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
    }
}
