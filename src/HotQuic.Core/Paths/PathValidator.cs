using System.Runtime.CompilerServices;
using HotQuic.Core.Frames;
using HotQuic.Core.Time;

namespace HotQuic.Core.Paths;

/// <summary>
/// Path validation on one path, both ways (RFC 9000 §8.2). To prove the peer's address call <see cref="Start"/>; then, while
/// <see cref="HasPendingFrames"/>, <see cref="Transmit"/>, and <see cref="OnTimeout"/> at each <see cref="Deadline"/>. After
/// <see cref="OnResponse"/> and <see cref="OnTimeout"/> look at <see cref="State"/>. The peer's own challenges come in by
/// <see cref="OnChallenge"/> and are answered by <see cref="Transmit"/>, which must write to this path only.
/// </summary>
internal sealed class PathValidator
{
    // A challenge goes out at once, after one PTO, and at most once more for each one that is declared lost.
    private const int MaxOutstanding = 4;

    // RFC 9000 §8.2.4
    private const int TimeoutInPtos = 3;

    private readonly RandomSource _random;

    /// <summary>Made when the first challenge comes or goes: most connections see none.</summary>
    private Exchange? _exchange;
    private bool _isChallengeWanted;
    private TimeSpan _timeout;
    private Instant _retryAt = Instant.Never;
    private Instant _failAt = Instant.Never;

    public PathValidator(RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        _random = random;
    }

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin()
    {
        _exchange = null;
        _isChallengeWanted = false;
        _timeout = default;
        _retryAt = Instant.Never;
        _failAt = Instant.Never;
        State = default;
        UnansweredChallenges = 0;
    }

    public PathValidationState State { get; private set; }

    public bool HasPendingFrames => _isChallengeWanted || _exchange is { Responses.Count: > 0 };

    /// <summary>When <see cref="OnTimeout"/> is to be called next.</summary>
    public Instant Deadline => Instant.Min(_retryAt, _failAt);

    /// <summary>Challenges of the peer that were not answered since too many waited.</summary>
    public long UnansweredChallenges { get; private set; }

    /// <summary>Begins to validate the path.</summary>
    /// <param name="now">The time.</param>
    /// <param name="currentPto">The PTO of the path in use.</param>
    /// <param name="initialPto">The PTO of a path of which nothing is known (RFC 9002 §6.2.2).</param>
    public void Start(Instant now, TimeSpan currentPto, TimeSpan initialPto)
    {
        TimeSpan pto = currentPto > initialPto ? currentPto : initialPto;
        _timeout = TimeoutInPtos * pto;

        // RFC 9000 §8.2.2: what was asked on the path before is not answered on this one.
        _exchange = null;
        Begin(now, PathValidationState.Validating);
    }

    /// <summary>The peer asks for a response on this path.</summary>
    public void OnChallenge(in PathChallengeFrame frame)
    {
        _exchange ??= new Exchange();
        if (!_exchange.Responses.TryEnqueue(frame.Data))
        {
            UnansweredChallenges++;
        }
    }

    /// <summary>
    /// A response came, on whatever path (RFC 9000 §8.2.3). False where it matches no challenge of this one, which alone is no error.
    /// </summary>
    public bool OnResponse(in PathResponseFrame frame, Instant now)
    {
        int index = IndexOf(frame.Data);
        if (index < 0)
        {
            return false;
        }

        bool isExpanded = _exchange!.Outstanding[index].IsExpanded;
        if (isExpanded)
        {
            End(PathValidationState.Validated);
        }
        else if (State == PathValidationState.Validating)
        {
            // RFC 9000 §8.2.1: the address is proven, the path's MTU is to be.
            Begin(now, PathValidationState.ValidatingMtu);
        }

        return true;
    }

    /// <summary>The packet with this challenge is lost: the next takes fresh data (RFC 9000 §13.3).</summary>
    public void OnLost(in SentFrame frame)
    {
        if (frame.Type == FrameType.PathChallenge && IndexOf(frame.Id) >= 0)
        {
            _isChallengeWanted = true;
        }
    }

    /// <summary>Sends the challenge again, or gives up.</summary>
    public void OnTimeout(Instant now)
    {
        if (now >= _failAt)
        {
            End(PathValidationState.Failed);
        }
        else if (now >= _retryAt)
        {
            // Once: RFC 9000 §8.2.1 allows no more than Initial packets would be sent, and these back off.
            _isChallengeWanted = true;
            _retryAt = Instant.Never;
        }
    }

    /// <summary>Writes the frames that wait, as far as they fit, and at most one challenge.</summary>
    /// <param name="writer">A packet of a datagram that goes out on this path.</param>
    /// <param name="sendAllowance">The path's <see cref="Path.SendAllowance"/> for that datagram.</param>
    /// <returns>True where the datagram must be expanded to <see cref="Path.MinDatagramSize"/> bytes (RFC 9000 §8.2.1, §8.2.2).</returns>
    public bool Transmit(ref FrameWriter writer, long sendAllowance)
    {
        // The anti-amplification limit is the one reason not to expand.
        bool isExpanded = sendAllowance >= Path.MinDatagramSize;
        bool isWritten = false;
        while (_exchange is { Responses.Count: > 0 } && writer.Remaining >= PathResponseFrame.Length)
        {
            new PathResponseFrame(_exchange.Responses.Dequeue()).Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.PathResponse, 0, 0, 0));
            isWritten = true;
        }

        bool isChallengeDue = _isChallengeWanted && (isExpanded || State != PathValidationState.ValidatingMtu);
        if (isChallengeDue && writer.Remaining >= PathChallengeFrame.Length)
        {
            ulong data = NextChallenge(isExpanded);
            new PathChallengeFrame(data).Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.PathChallenge, 0, Id: data, 0));
            _isChallengeWanted = false;
            isWritten = true;
        }

        return isWritten && isExpanded;
    }

    /// <summary>The path is no longer asked about.</summary>
    public void Abandon()
    {
        End(PathValidationState.Idle);
        _exchange = null;
    }

    private void Begin(Instant now, PathValidationState state)
    {
        State = state;
        _isChallengeWanted = true;
        _retryAt = now + (_timeout / TimeoutInPtos);
        _failAt = now + _timeout;
    }

    private void End(PathValidationState state)
    {
        State = state;
        _isChallengeWanted = false;
        _exchange?.OutstandingCount = 0;
        _retryAt = Instant.Never;
        _failAt = Instant.Never;
    }

    private ulong NextChallenge(bool isExpanded)
    {
        Exchange exchange = _exchange ??= new Exchange();
        if (exchange.OutstandingCount == MaxOutstanding)
        {
            // The oldest is the least likely to be answered still.
            Span<Challenge> all = exchange.Outstanding;
            all[1..].CopyTo(all);
            exchange.OutstandingCount--;
        }

        ulong data = _random.NextUInt64();
        exchange.Outstanding[exchange.OutstandingCount++] = new Challenge(data, isExpanded);
        return data;
    }

    private int IndexOf(ulong data)
    {
        for (int i = 0; i < _exchange?.OutstandingCount; i++)
        {
            if (_exchange.Outstanding[i].Data == data)
            {
                return i;
            }
        }

        return -1;
    }

    private readonly record struct Challenge(ulong Data, bool IsExpanded);

    /// <summary>The peer's challenges that wait for their response, and ours that were sent.</summary>
    private sealed class Exchange
    {
        public PathResponseQueue Responses;
        public Challenges Outstanding;
        public int OutstandingCount;
    }

    [InlineArray(MaxOutstanding)]
    private struct Challenges
    {
        private Challenge _first;
    }
}
