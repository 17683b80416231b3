using System.Globalization;
using System.Text.Json;
using HotQuic.Core.Tests;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Tests.Frames;

/// <summary>What a unidirectional stream begins with (RFC 9114 §6.2).</summary>
public sealed class StreamHeaderTests
{
    [SkippableFact]
    public void ATypeReadsInAnyOfItsFormsWhereverItIsCut()
    {
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllText(Vectors.Path("quic/varint.json")));
        foreach (JsonElement vector in vectors.RootElement.GetProperty("decode").EnumerateArray())
        {
            byte[] bytes = Convert.FromHexString(vector.GetProperty("hex").GetString()!);
            ulong expected = ulong.Parse(vector.GetProperty("value").GetString()!, CultureInfo.InvariantCulture);
            for (int cut = 0; cut < bytes.Length; cut++)
            {
                Assert.True(Http3StreamHeader.TryRead(Segments.Of(bytes[..cut], bytes[cut..], [0xff]), out Http3StreamType type, out int consumed));
                Assert.Equal((expected, bytes.Length), ((ulong)type, consumed));
                Assert.False(Http3StreamHeader.TryRead(Segments.Of(bytes[..cut]), out _, out _));
            }
        }
    }
}
