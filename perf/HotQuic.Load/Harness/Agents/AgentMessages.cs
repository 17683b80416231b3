using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Agents;

/// <summary>
/// The protocol between a coordinator and its agents, over one bidirectional stream a scenario: the coordinator says <see cref="Prepare"/>, the
/// agent answers <see cref="Ready"/> or <see cref="Fault"/>; <see cref="Go"/> starts the load, of which the agent tells an
/// <see cref="Interval"/> each second and at last <see cref="End"/>; <see cref="Stop"/> breaks it off. Each message is its length, four bytes in
/// network order, and JSON.
/// </summary>
internal sealed record AgentMessage
{
    /// <summary>The protocol's name in ALPN.</summary>
    public const string ApplicationProtocol = "hotquic-load";

    /// <summary>The longest message.</summary>
    private const int Longest = 16 << 20;

    /// <summary>What to do, and the proof that whoever asks may.</summary>
    public PrepareMessage? Prepare { get; init; }

    /// <summary>Connected and warm.</summary>
    public bool Ready { get; init; }

    /// <summary>Why not.</summary>
    public string? Fault { get; init; }

    /// <summary>Start.</summary>
    public bool Go { get; init; }

    /// <summary>Break off.</summary>
    public bool Stop { get; init; }

    /// <summary>What happened in a second.</summary>
    public IntervalMessage? Interval { get; init; }

    /// <summary>It is over: whether the load was done to its end.</summary>
    public bool? End { get; init; }

    /// <summary>Sends a message.</summary>
    public async Task SendAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, AgentJson.Default.AgentMessage);
        byte[] framed = new byte[sizeof(int) + json.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed, json.Length);
        json.CopyTo(framed, sizeof(int));
        await stream.WriteAsync(framed, cancellation);
    }

    /// <summary>Receives a message; null where the peer has ended the stream.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static async Task<AgentMessage?> ReceiveAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] header = new byte[sizeof(int)];
        int read = await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellation);
        if (read < header.Length)
        {
            return read == 0 ? null : throw new InvalidDataException("A message of the agents' protocol was cut off.");
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(header);
        if (length is < 0 or > Longest)
        {
            throw new InvalidDataException($"A message of the agents' protocol has {length} bytes: expected at most {Longest}.");
        }

        byte[] json = new byte[length];
        try
        {
            await stream.ReadExactlyAsync(json, cancellation);
            return JsonSerializer.Deserialize(json, AgentJson.Default.AgentMessage) ?? throw new InvalidDataException("A message is null.");
        }
        catch (Exception e) when (e is JsonException or EndOfStreamException)
        {
            throw new InvalidDataException("A message of the agents' protocol is not what was expected.", e);
        }
    }
}

/// <summary>What an agent is asked to do.</summary>
/// <param name="Token">The secret that both sides know.</param>
/// <param name="Scenario">The scenario, as <see cref="Files.ScenarioWriter"/> writes it.</param>
/// <param name="First">The agent's share; see <see cref="Scheduling.PlanShare"/>.</param>
/// <param name="Stride">How many agents there are.</param>
internal sealed record PrepareMessage(string Token, string Scenario, int First, int Stride)
{
    /// <summary>The share.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    [JsonIgnore]
    public PlanShare Share => First >= 0 && First < Stride
        ? new(First, Stride)
        : throw new InvalidDataException($"The share {First} of {Stride} is none: the coordinator may be of another version.");
}

/// <summary>An <see cref="IntervalCounts"/> as it is sent.</summary>
internal sealed record IntervalMessage
{
    public required AccountMessage[] Accounts { get; init; }

    public required long[] Lag { get; init; }

    public required long Started { get; init; }

    public required long Due { get; init; }

    public required int Copies { get; init; }

    public required double EndSeconds { get; init; }

    public required double Seconds { get; init; }

    public required ProcessUsage Process { get; init; }

    public required TransportUsage Transport { get; init; }

    /// <summary>The message of counts.</summary>
    public static IntervalMessage Of(IntervalCounts counts) => new()
    {
        Accounts = [.. counts.Accounts.Select(account => new AccountMessage(account.Latency.ToPairs(), account.Bytes, new(account.Failures)))],
        Lag = counts.Lag.ToPairs(),
        Started = counts.Started,
        Due = counts.Due,
        Copies = counts.Copies,
        EndSeconds = counts.EndSeconds,
        Seconds = counts.Seconds,
        Process = counts.Process,
        Transport = counts.Transport,
    };

    /// <summary>The counts of a message.</summary>
    /// <exception cref="InvalidDataException">It has not so many steps, or its histograms are none.</exception>
    public IntervalCounts ToCounts(int steps)
    {
        IntervalCounts counts = new(steps)
        {
            Started = Started,
            Due = Due,
            Copies = Copies,
            EndSeconds = EndSeconds,
            Seconds = Seconds,
            Process = Process,
            Transport = Transport,
        };
        if (Accounts is null || Lag is null || Array.Exists(Accounts, account => account is not { Latency: not null, Failures: not null }))
        {
            throw new InvalidDataException("An agent leaves out what an interval has: it may be of another version.");
        }

        if (Accounts.Length != counts.Accounts.Length)
        {
            throw new InvalidDataException($"An agent tells of {Accounts.Length - 1} steps: expected {steps}.");
        }

        counts.Lag.AddPairs(Lag);
        for (int account = 0; account < Accounts.Length; account++)
        {
            counts.Accounts[account].Latency.AddPairs(Accounts[account].Latency);
            counts.Accounts[account].Bytes = Accounts[account].Bytes;
            foreach ((string kind, long number) in Accounts[account].Failures)
            {
                counts.Accounts[account].Failures[kind] = number;
            }
        }

        return counts;
    }
}

/// <summary>A <see cref="StepCounts"/> as it is sent.</summary>
internal sealed record AccountMessage(long[] Latency, long Bytes, Dictionary<string, long> Failures);

/// <summary>How the agents' messages become JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AgentMessage))]
internal sealed partial class AgentJson : JsonSerializerContext;
