using HotQuic.Benchmarks.Rooms;

namespace HotQuic.Load.Tests.Guard;

public class RoomCatalogueTests
{
    public static TheoryData<string> Names => [.. RoomCatalogue.Names()];

    /// <summary>Each operation checks its own work, and throws where it was not done.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_room_opens_and_does_its_work(string room)
    {
        RoomCatalogue.Open(room)(2);
    }

    [Theory]
    [InlineData("header parse")]
    [InlineData("header mask")]
    [InlineData("seal 1452, Aes128GcmSha256")]
    [InlineData("seal 1452, Aes256GcmSha384")]
    [InlineData("seal 1452, ChaCha20Poly1305Sha256")]
    [InlineData("open 1452, Aes128GcmSha256")]
    [InlineData("open 1452, Aes256GcmSha384")]
    [InlineData("open 1452, ChaCha20Poly1305Sha256")]
    [InlineData("frames written")]
    [InlineData("frames parsed")]
    [InlineData("ACK ranges")]
    [InlineData("one lost")]
    [InlineData("congestion control")]
    [InlineData("reassembly, InOrder")]
    [InlineData("reassembly, Reversed")]
    [InlineData("reassembly, Random")]
    [InlineData("send buffer")]
    [InlineData("connection-ID lookup")]
    [InlineData("ALPN match")]
    [InlineData("handshake in memory")]
    [InlineData("one packet there")]
    [InlineData("1 MB transferred in memory")]
    [InlineData("timers")]
    [InlineData("mailbox")]
    public void No_room_of_the_data_path_is_missing(string part)
    {
        Assert.Contains(RoomCatalogue.Names(), name => name.Contains(part, StringComparison.Ordinal));
    }
}
