using HotQuic.Core.Frames;
using HotQuic.Core.Paths;
using HotQuic.Core.Tests.Wire;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.Paths;

/// <summary>Path validation, RFC 9000 §8.2.</summary>
public class PathValidatorTests
{
    private static readonly Instant Begin = new(1_000_000);
    private static readonly TimeSpan Pto = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan InitialPto = TimeSpan.FromMilliseconds(999);

    private readonly PathValidator _validator = new(new SeededRandomSource(1));

    [Fact]
    public void Mig01_EveryChallengeHasFreshData()
    {
        var seen = new HashSet<ulong>();
        for (int i = 0; i < 100; i++)
        {
            _validator.Start(Begin, Pto, InitialPto);
            Assert.True(seen.Add(SendChallenge()));
        }
    }

    [Fact]
    public void Mig01_AChallengeExpandsItsDatagramTo1200Bytes()
    {
        _validator.Start(Begin, Pto, InitialPto);
        Assert.True(Transmit(long.MaxValue, out SentFrame[] frames));
        Assert.Equal(FrameType.PathChallenge, Assert.Single(frames).Type);
        Assert.False(_validator.HasPendingFrames);
    }

    [Fact]
    public void Mig01_AtTheAmplificationLimitASmallChallengeIsFollowedByOneIn1200Bytes()
    {
        _validator.Start(Begin, Pto, InitialPto);
        Assert.False(Transmit(1199, out SentFrame[] frames));
        Assert.True(_validator.OnResponse(new PathResponseFrame(frames[0].Id), Begin));
        Assert.Equal(PathValidationState.ValidatingMtu, _validator.State);

        // The second waits until the datagram can have its size.
        Assert.False(Transmit(1199, out frames));
        Assert.Empty(frames);
        Assert.True(Transmit(1200, out SentFrame[] second));
        Assert.True(_validator.OnResponse(new PathResponseFrame(second[0].Id), Begin));
        Assert.Equal(PathValidationState.Validated, _validator.State);
    }

    [Fact]
    public void Mig16_APathThatDoesNotCarry1200BytesFails()
    {
        _validator.Start(Begin, Pto, InitialPto);
        _ = Transmit(500, out SentFrame[] frames);
        _ = _validator.OnResponse(new PathResponseFrame(frames[0].Id), Begin);
        _ = Transmit(long.MaxValue, out _);
        _validator.OnTimeout(Begin + (3 * InitialPto));
        Assert.Equal(PathValidationState.Failed, _validator.State);
    }

    [Fact]
    public void Mig02_EachChallengeIsEchoedOnceInADatagramOf1200Bytes()
    {
        _validator.OnChallenge(new PathChallengeFrame(0x0102030405060708));
        _validator.OnChallenge(new PathChallengeFrame(0x1112131415161718));
        Assert.True(_validator.HasPendingFrames);
        byte[] payload = new byte[100];
        var writer = new FrameWriter(payload, new SentFrame[8]);
        Assert.True(_validator.Transmit(ref writer, 1200));
        Assert.Equal("1b0102030405060708" + "1b1112131415161718", Hex.Of(writer.Wire.Written));
        Assert.True(writer.IsAckEliciting);
        Assert.False(_validator.HasPendingFrames);
        Assert.False(Transmit(long.MaxValue, out SentFrame[] frames));
        Assert.Empty(frames);
    }

    [Fact]
    public void Mig02_AtTheAmplificationLimitAResponseIsNotExpanded()
    {
        _validator.OnChallenge(new PathChallengeFrame(1));
        Assert.False(Transmit(1199, out SentFrame[] frames));
        Assert.Equal(FrameType.PathResponse, Assert.Single(frames).Type);
    }

    [Fact]
    public void Mig02_TheQueueOfResponsesIsBoundedAndKeepsItsOrder()
    {
        for (ulong i = 0; i < 20; i++)
        {
            _validator.OnChallenge(new PathChallengeFrame(i));
        }

        Assert.Equal(20 - PathResponseQueue.Capacity, _validator.UnansweredChallenges);
        byte[] payload = new byte[30]; // three responses
        var writer = new FrameWriter(payload, new SentFrame[32]);
        _ = _validator.Transmit(ref writer, 1200);
        Assert.Equal("1b0000000000000000" + "1b0000000000000001" + "1b0000000000000002", Hex.Of(writer.Wire.Written));
        Assert.True(_validator.HasPendingFrames);
        _validator.OnChallenge(new PathChallengeFrame(99));
        _ = Transmit(long.MaxValue, out SentFrame[] frames);
        Assert.Equal(PathResponseQueue.Capacity - 3 + 1, frames.Length);
    }

    [Fact]
    public void Frm97_ALostResponseIsNotSentAgainAndALostChallengeHasFreshData()
    {
        _validator.Start(Begin, Pto, InitialPto);
        _validator.OnChallenge(new PathChallengeFrame(7));
        _ = Transmit(long.MaxValue, out SentFrame[] frames);
        Assert.Equal(2, frames.Length);
        ulong first = frames.Single(frame => frame.Type == FrameType.PathChallenge).Id;
        foreach (SentFrame frame in frames)
        {
            _validator.OnLost(frame);
        }

        _ = Transmit(long.MaxValue, out frames);
        Assert.Equal(FrameType.PathChallenge, Assert.Single(frames).Type);
        Assert.NotEqual(first, frames[0].Id);
    }

    [Fact]
    public void Mig04_AResponseToAnyOutstandingChallengeValidates()
    {
        _validator.Start(Begin, Pto, InitialPto);
        ulong first = SendChallenge();
        _validator.OnTimeout(Begin + InitialPto);
        _ = SendChallenge();
        Assert.True(_validator.OnResponse(new PathResponseFrame(first), Begin));
        Assert.Equal(PathValidationState.Validated, _validator.State);
        Assert.True(_validator.Deadline.IsNever);
        Assert.False(_validator.HasPendingFrames);

        // A second response to a challenge of the same validation is late, and no error.
        Assert.False(_validator.OnResponse(new PathResponseFrame(first), Begin));
    }

    [Fact]
    public void Mig04_AResponseThatMatchesNoChallengeValidatesNothing()
    {
        _validator.Start(Begin, Pto, InitialPto);
        ulong data = SendChallenge();
        Assert.False(_validator.OnResponse(new PathResponseFrame(data ^ 1), Begin));
        Assert.Equal(PathValidationState.Validating, _validator.State);
        Assert.False(new PathValidator(new SeededRandomSource(2)).OnResponse(new PathResponseFrame(0), Begin));
    }

    [Theory]
    [InlineData(100, 999)]
    [InlineData(2000, 999)]
    public void Mig05_ValidationIsGivenUpAfterThreeTimesTheLargerPto(int currentPto, int initialPto)
    {
        _validator.Start(Begin, TimeSpan.FromMilliseconds(currentPto), TimeSpan.FromMilliseconds(initialPto));
        Instant deadline = Begin + (3 * TimeSpan.FromMilliseconds(Math.Max(currentPto, initialPto)));
        int sent = 0;
        for (Instant now = Begin; _validator.State == PathValidationState.Validating; now = _validator.Deadline)
        {
            Assert.True(now <= deadline);
            _validator.OnTimeout(now);
            if (_validator.HasPendingFrames)
            {
                _ = SendChallenge();
                sent++;
            }

            if (_validator.State == PathValidationState.Failed)
            {
                Assert.Equal(deadline, now);
            }
        }

        Assert.Equal(PathValidationState.Failed, _validator.State);
        Assert.Equal(2, sent);
        Assert.True(_validator.Deadline.IsNever);
    }

    [Fact]
    public void Mig05_EachEventInEachState()
    {
        // Idle: nothing is out, nothing can come back or run out.
        AssertAfterAll(new PathValidator(new SeededRandomSource(3)), PathValidationState.Idle);

        // Failed and Validated stay what they are.
        var failed = new PathValidator(new SeededRandomSource(4));
        failed.Start(Begin, Pto, InitialPto);
        failed.OnTimeout(Begin + (3 * InitialPto));
        AssertAfterAll(failed, PathValidationState.Failed);

        _validator.Start(Begin, Pto, InitialPto);
        _ = _validator.OnResponse(new PathResponseFrame(SendChallenge()), Begin);
        AssertAfterAll(_validator, PathValidationState.Validated);

        // All of them may begin again, and the old challenges are forgotten.
        _validator.Start(Begin, Pto, InitialPto);
        ulong old = SendChallenge();
        _validator.Start(Begin, Pto, InitialPto);
        Assert.Equal(PathValidationState.Validating, _validator.State);
        Assert.False(_validator.OnResponse(new PathResponseFrame(old), Begin));
        failed.Start(Begin, Pto, InitialPto);
        Assert.Equal(PathValidationState.Validating, failed.State);
    }

    [Fact]
    public void Mig01_OnlyTheLatestChallengesAreRemembered()
    {
        _validator.Start(Begin, Pto, InitialPto);
        var sent = new List<ulong>();
        for (int i = 0; i < 6; i++)
        {
            sent.Add(SendChallenge());
            _validator.OnLost(new SentFrame(FrameType.PathChallenge, 0, sent[^1], 0));
        }

        Assert.False(_validator.OnResponse(new PathResponseFrame(sent[1]), Begin));
        Assert.True(_validator.OnResponse(new PathResponseFrame(sent[2]), Begin));
    }

    private static void AssertAfterAll(PathValidator validator, PathValidationState state)
    {
        Assert.False(validator.OnResponse(new PathResponseFrame(1), Begin));
        validator.OnLost(new SentFrame(FrameType.PathChallenge, 0, 1, 0));
        validator.OnTimeout(Begin + TimeSpan.FromHours(1));
        Assert.Equal(state, validator.State);
        Assert.False(validator.HasPendingFrames);
        Assert.True(validator.Deadline.IsNever);
    }

    private ulong SendChallenge()
    {
        _ = Transmit(long.MaxValue, out SentFrame[] frames);
        return frames.Single(frame => frame.Type == FrameType.PathChallenge).Id;
    }

    private bool Transmit(long sendAllowance, out SentFrame[] frames)
    {
        byte[] payload = new byte[1000];
        var writer = new FrameWriter(payload, new SentFrame[16]);
        bool isExpanded = _validator.Transmit(ref writer, sendAllowance);
        frames = writer.Logged.ToArray();
        return isExpanded;
    }
}
