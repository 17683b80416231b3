using HotQuic.Load.Protocol;

namespace HotQuic.Load.Harness.Model;

/// <summary>One operation of a scenario's iteration; the steps of an iteration follow one another. Made by the methods of this class.</summary>
public abstract record LoadStep
{
    /// <summary>The most characters of a name.</summary>
    public const int LongestName = 60;

    private protected LoadStep(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > LongestName || name.Any(char.IsControl))
        {
            throw new ArgumentException($"Expected a name of 1 to {LongestName} printable characters, not '{name}'.", nameof(name));
        }

        Name = name;
    }

    /// <summary>Its name in reports, different from that of the scenario's other steps.</summary>
    public string Name { get; }

    /// <summary>Which protocols it can be done over.</summary>
    internal abstract LoadProtocols Protocols { get; }

    /// <summary>A new stream, so many bytes, and the answer to its end.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public static RequestStep Request(string name, int requestBytes, int? responseBytes = null) => new(name, requestBytes, responseBytes);

    /// <summary>A new connection for the iteration: a full handshake. It is the first step, and the later ones go over that connection.</summary>
    /// <inheritdoc cref="Request" path="/exception"/>
    public static ConnectStep Connect(string name) => new(name);

    /// <summary>A datagram (RFC 9221) that is acknowledged or echoed.</summary>
    /// <inheritdoc cref="Request" path="/exception"/>
    public static DatagramStep Datagram(string name, int bytes, DatagramEnd end = DatagramEnd.Acknowledged) => new(name, bytes, end);

    /// <summary>A request over HTTP/3.</summary>
    /// <inheritdoc cref="Request" path="/exception"/>
    public static HttpStep Http(string name, string method, string path, int bodyBytes = 0) => new(name, method, path, bodyBytes);

    /// <summary>Waits between two steps, as people do.</summary>
    /// <inheritdoc cref="Request" path="/exception"/>
    public static PauseStep Pause(string name, TimeSpan during) => new(name, during);

    private protected static int CheckedSize(int bytes, int least, string name) => bytes >= least && bytes <= PerfProtocol.LargestMessage
        ? bytes
        : throw new ArgumentOutOfRangeException(name, bytes, $"Expected {least} to {PerfProtocol.LargestMessage:N0} bytes.");
}

/// <summary>Sends bytes and their end on a new bidirectional stream, and reads the answer to its end.</summary>
public sealed record RequestStep : LoadStep
{
    internal RequestStep(string name, int requestBytes, int? responseBytes)
        : base(name)
    {
        RequestBytes = CheckedSize(requestBytes, 0, nameof(requestBytes));
        ResponseBytes = responseBytes is { } bytes ? CheckedSize(bytes, 0, nameof(responseBytes)) : null;
    }

    /// <summary>Bytes of the request.</summary>
    public int RequestBytes { get; }

    /// <summary>Bytes that the answer must have; null where any number will do.</summary>
    public int? ResponseBytes { get; }

    internal override LoadProtocols Protocols => LoadProtocols.Perf | LoadProtocols.Quic;
}

/// <summary>Makes the connection that the iteration's later steps go over; it is closed after the last.</summary>
public sealed record ConnectStep : LoadStep
{
    internal ConnectStep(string name)
        : base(name)
    {
    }

    internal override LoadProtocols Protocols => LoadProtocols.Perf | LoadProtocols.Quic | LoadProtocols.Http3;
}

/// <summary>What ends a datagram's step.</summary>
public enum DatagramEnd
{
    /// <summary>The peer's engine has acknowledged it: any server that takes datagrams will do.</summary>
    Acknowledged,

    /// <summary>The same bytes have come back.</summary>
    Echoed,
}

/// <summary>Sends one datagram.</summary>
public sealed record DatagramStep : LoadStep
{
    /// <summary>An echo is known by its first eight bytes.</summary>
    private const int SmallestEcho = 8;
    private const int Largest = 65_527;

    internal DatagramStep(string name, int bytes, DatagramEnd end)
        : base(name)
    {
        int least = end == DatagramEnd.Echoed ? SmallestEcho : 0;
        Bytes = bytes >= least && bytes <= Largest
            ? bytes
            : throw new ArgumentOutOfRangeException(nameof(bytes), bytes, $"Expected {least} to {Largest:N0} bytes.");
        End = end;
    }

    /// <summary>Bytes of the datagram.</summary>
    public int Bytes { get; }

    /// <summary>What ends the step.</summary>
    public DatagramEnd End { get; }

    internal override LoadProtocols Protocols => LoadProtocols.Perf | LoadProtocols.Quic;
}

/// <summary>Sends one HTTP/3 request and reads the response to its end.</summary>
public sealed record HttpStep : LoadStep
{
    internal HttpStep(string name, string method, string path, int bodyBytes)
        : base(name)
    {
        Method = method is "GET" or "HEAD" or "POST" or "PUT" or "DELETE"
            ? method
            : throw new ArgumentException($"Expected GET, HEAD, POST, PUT or DELETE, not '{method}'.", nameof(method));
        Path = path is ['/', ..] && !path.Any(character => char.IsControl(character) || character == ' ')
            ? path
            : throw new ArgumentException($"Expected a path that begins with '/', not '{path}'.", nameof(path));
        BodyBytes = CheckedSize(bodyBytes, 0, nameof(bodyBytes));
        if (bodyBytes > 0 && method is "GET" or "HEAD")
        {
            throw new ArgumentException($"Expected no body with {method}.", nameof(bodyBytes));
        }
    }

    /// <summary>The method.</summary>
    public string Method { get; }

    /// <summary>The path with its query.</summary>
    public string Path { get; }

    /// <summary>Bytes of the body.</summary>
    public int BodyBytes { get; }

    internal override LoadProtocols Protocols => LoadProtocols.Http3;
}

/// <summary>Does nothing for a while.</summary>
public sealed record PauseStep : LoadStep
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    internal PauseStep(string name, TimeSpan during)
        : base(name) => During = during > TimeSpan.Zero && during <= Longest
            ? during
            : throw new ArgumentOutOfRangeException(nameof(during), during, "Expected a duration above 0, up to an hour.");

    /// <summary>How long.</summary>
    public TimeSpan During { get; }

    internal override LoadProtocols Protocols => LoadProtocols.Perf | LoadProtocols.Quic | LoadProtocols.Http3;
}
