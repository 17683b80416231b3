using HotQuic.Core.Wire;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Tests.Frames;

/// <summary>Which frame may arrive where, RFC 9114 §7 table 1 and §7.2.</summary>
public class FrameRulesTests
{
    private static readonly Http3FramePlaces[] Places =
        [Http3FramePlaces.ControlFromClient, Http3FramePlaces.ControlFromServer, Http3FramePlaces.Request, Http3FramePlaces.Response, Http3FramePlaces.Push];

    /// <summary>A client's control stream, a server's, a request, a response, a push stream.</summary>
    [Theory]
    [InlineData((ulong)Http3FrameType.Data, "no no yes yes yes")]
    [InlineData((ulong)Http3FrameType.Headers, "no no yes yes yes")]
    [InlineData((ulong)Http3FrameType.CancelPush, "yes yes no no no")]
    [InlineData((ulong)Http3FrameType.Settings, "no no no no no")] // the first frame, and no other
    [InlineData((ulong)Http3FrameType.PushPromise, "no no no yes no")]
    [InlineData((ulong)Http3FrameType.GoAway, "yes yes no no no")]
    [InlineData((ulong)Http3FrameType.MaxPushId, "yes no no no no")]
    [InlineData((ulong)Http3FrameType.PriorityUpdateRequest, "yes no no no no")]
    [InlineData((ulong)Http3FrameType.PriorityUpdatePush, "yes no no no no")]
    [InlineData(0x02UL, "no no no no no")] // PRIORITY of HTTP/2
    [InlineData(0x06UL, "no no no no no")] // PING
    [InlineData(0x08UL, "no no no no no")] // WINDOW_UPDATE
    [InlineData(0x09UL, "no no no no no")] // CONTINUATION
    [InlineData(0x21UL, "yes yes yes yes yes")] // reserved to be ignored
    [InlineData(0x0aUL, "yes yes yes yes yes")] // unknown
    [InlineData(VarInt.MaxValue, "yes yes yes yes yes")]
    public void EachFrameIsPermittedOnItsStreamsAndUnexpectedOnOthers(ulong type, string permitted)
    {
        string[] expected = permitted.Split(' ');
        for (int i = 0; i < Places.Length; i++)
        {
            Http3Error? error = Http3FrameRules.Check(Header(type, 1), Places[i]);
            Assert.Equal(expected[i] == "yes" ? null : Http3ErrorCode.FrameUnexpected, error?.Code);
        }
    }

    [Theory]
    [InlineData((ulong)Http3FrameType.CancelPush)]
    [InlineData((ulong)Http3FrameType.GoAway)]
    [InlineData((ulong)Http3FrameType.MaxPushId)]
    public void AFrameOfOneIdentifierHas1To8Bytes(ulong type)
    {
        Assert.Equal(Http3ErrorCode.FrameError, Http3FrameRules.Check(Header(type, 0), Http3FramePlaces.ControlFromClient)?.Code);
        Assert.Null(Http3FrameRules.Check(Header(type, 8), Http3FramePlaces.ControlFromClient));
        Assert.Equal(Http3ErrorCode.FrameError, Http3FrameRules.Check(Header(type, 9), Http3FramePlaces.ControlFromClient)?.Code);
    }

    [Theory]
    [InlineData((ulong)Http3FrameType.Settings, 0UL, null)]
    [InlineData((ulong)Http3FrameType.Settings, (ulong)Http3FrameRules.MaximumSettingsLength, null)]
    [InlineData((ulong)Http3FrameType.Settings, Http3FrameRules.MaximumSettingsLength + 1UL, (long)Http3ErrorCode.ExcessiveLoad)]
    [InlineData((ulong)Http3FrameType.GoAway, 1UL, (long)Http3ErrorCode.MissingSettings)]
    [InlineData((ulong)Http3FrameType.Data, 1UL, (long)Http3ErrorCode.MissingSettings)]
    [InlineData(0x21UL, 1UL, (long)Http3ErrorCode.MissingSettings)] // not even one to be ignored, RFC 9114 §9
    public void AControlStreamBeginsWithSettings(ulong type, ulong length, long? code)
    {
        Assert.Equal((Http3ErrorCode?)code, Http3FrameRules.CheckFirst(Header(type, length))?.Code);
    }

    private static Http3FrameHeader Header(ulong type, ulong length) => new((Http3FrameType)type, length);
}
