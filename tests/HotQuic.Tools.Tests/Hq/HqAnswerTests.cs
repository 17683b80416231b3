using System.Text;
using HotQuic.Tools.Files;
using HotQuic.Tools.Hq;

namespace HotQuic.Tools.Tests.Hq;

public sealed class HqAnswerTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public HqAnswerTests()
    {
        _temporary.Write("outside.txt", "secret");
        _temporary.Write("served/file.txt", "content");
        _temporary.Write("served/large", new string('x', 300_000));
    }

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("GET /file.txt\r\n")]
    [InlineData("GET /file.txt\n")]
    [InlineData("GET /file.txt")]
    [InlineData("GET /file.txt\r\nwhat follows is ignored")]
    public async Task ARequestIsAnsweredWithTheFile(string request)
    {
        (HqOutcome outcome, string answer) = await AskAsync(request);

        Assert.Equal((null, 7), (outcome.RefusalCode, outcome.Bytes));
        Assert.Equal("content", answer);
    }

    [Fact]
    public async Task AFileLargerThanTheBufferIsSentWhole()
    {
        (HqOutcome outcome, string answer) = await AskAsync("GET /large\r\n");

        Assert.Equal(300_000, outcome.Bytes);
        Assert.Equal(300_000, answer.Length);
    }

    [Theory]
    [InlineData("GET /missing\r\n", HqProtocol.NotFound)]
    [InlineData("GET /../outside.txt\r\n", HqProtocol.NotFound)]
    [InlineData("GET /%2e%2e/outside.txt\r\n", HqProtocol.NotFound)]
    [InlineData("GET file.txt\r\n", HqProtocol.NotFound)]
    [InlineData("GET \r\n", HqProtocol.NotFound)]
    [InlineData("get /file.txt\r\n", HqProtocol.BadRequest)]
    [InlineData("POST /file.txt\r\n", HqProtocol.BadRequest)]
    [InlineData("\r\n", HqProtocol.BadRequest)]
    [InlineData("", HqProtocol.BadRequest)]
    public async Task WhatCannotBeServedIsRefusedAndNothingIsSent(string request, long code)
    {
        (HqOutcome outcome, string answer) = await AskAsync(request);

        Assert.Equal(code, outcome.RefusalCode);
        Assert.Empty(answer);
    }

    [Fact]
    public async Task ARequestWithoutEndIsRefused()
    {
        (HqOutcome outcome, _) = await AskAsync("GET /" + new string('a', HqProtocol.LongestRequest));

        Assert.Equal(HqProtocol.BadRequest, outcome.RefusalCode);
    }

    [Fact]
    public void APathIsPrintedWithoutWhatCouldHarmAScreen() =>
        Assert.Equal("/?[31m", HqOutcome.Refused(HqProtocol.NotFound, "/\u001b[31m").PrintablePath);

    private async Task<(HqOutcome Outcome, string Answer)> AskAsync(string request)
    {
        using TwoWayStream stream = new(Encoding.Latin1.GetBytes(request));
        HqOutcome outcome = await HqServer.AnswerAsync(stream, new ServedDirectory(_temporary.In("served")), CancellationToken.None);
        return (outcome, Encoding.Latin1.GetString(stream.Written.ToArray()));
    }

    /// <summary>Reads what was given, a few bytes at a time, and keeps what is written.</summary>
    private sealed class TwoWayStream(byte[] incoming) : MemoryStream(incoming)
    {
        public MemoryStream Written { get; } = new();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(5, buffer.Length)], cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Written.WriteAsync(buffer, cancellationToken);
    }
}
