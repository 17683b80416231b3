using System.Text;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Tools.Tests.Load;

public sealed class ControlChannelTests
{
    [Fact]
    public async Task MessagesComeBackInOrderHoweverTheStreamSplitsThem()
    {
        using MemoryStream wire = new();
        ControlChannel sender = new(wire);
        WorkOrder work = new(ScenarioKind.Request, 32, 64);
        await sender.SendAsync(new ControlRequest(work), ControlJson.Default.ControlRequest, CancellationToken.None);
        await sender.SendAsync(new ControlRequest(Work: null), ControlJson.Default.ControlRequest, CancellationToken.None);

        ControlChannel receiver = new(new Trickle(wire.ToArray()));

        Assert.Equal(work, (await ReceiveAsync(receiver))?.Work);
        Assert.Null(Assert.IsType<ControlRequest>(await ReceiveAsync(receiver)).Work);
        Assert.Null(await ReceiveAsync(receiver));
    }

    [Theory]
    [InlineData("not json\n")]
    [InlineData("null\n")]
    [InlineData("{\"work\":{\"scenario\":\"unheard of\"}}\n")]
    [InlineData("{\"work\":null}")]
    public async Task WhatIsNoMessageIsSaidToBeNone(string sent)
    {
        ControlChannel receiver = new(new MemoryStream(Encoding.UTF8.GetBytes(sent)));

        await Assert.ThrowsAsync<InvalidDataException>(() => ReceiveAsync(receiver));
    }

    [Fact]
    public async Task ALineWithoutEndIsGivenUp()
    {
        ControlChannel receiver = new(new MemoryStream(new byte[PerfProtocol.LongestLine + 1]));

        await Assert.ThrowsAsync<InvalidDataException>(() => ReceiveAsync(receiver));
    }

    private static Task<ControlRequest?> ReceiveAsync(ControlChannel channel) =>
        channel.ReceiveAsync(ControlJson.Default.ControlRequest, CancellationToken.None);

    /// <summary>Gives one byte a read.</summary>
    private sealed class Trickle(byte[] content) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
