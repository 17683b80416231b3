using System.Text.Json;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tests.Tls;

/// <summary>ClientHellos of other implementations, as captured on real networks.</summary>
public sealed class CapturedClientHelloTests
{
    [SkippableTheory]
    [InlineData("quic-33.json")]
    [InlineData("quic-forcing-vn-with-data.json")]
    [InlineData("quic-v2.json")]
    [InlineData("quic_0RTT.json")]
    [InlineData("quic_crypto_aes_auth_size.json")]
    [InlineData("quic_frags_ch_in_multiple_packets.json")]
    [InlineData("quic_frags_different_dcid.json")]
    public void Bind06_CapturedClientHellosAreReadWhole(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Vectors.Path($"captures/{file}")));
        foreach (JsonElement capture in document.RootElement.GetProperty("reassembled").EnumerateArray())
        {
            byte[] message = Convert.FromHexString(capture.GetProperty("client_hello").GetString()!);
            Assert.Null(ClientHelloReader.Read(message, out ClientHelloView hello));
            Assert.True(hello.SupportedVersions.Contains(ClientHelloRules.Tls13));
            Assert.True(hello.KeyShares.FollowsOrderOf(hello.SupportedGroups));
            Assert.False(hello.ApplicationProtocols.IsEmpty);
            Assert.True(hello.LegacySessionId.IsEmpty);

            // Drafts carried transport parameters under another number; the others are good as they are.
            bool isFinalVersion = hello.Present.Contains(ExtensionType.QuicTransportParameters);
            Assert.Equal(isFinalVersion, ClientHelloRules.Check(hello) is null);
        }
    }
}
