namespace HotQuic.Load.Transport;

/// <summary>What a command lets its user choose about the transport, and how it is put on HotQuic's options.</summary>
public sealed record TransportChoices
{
    /// <summary>A short name of <see cref="CipherChoice"/>; null for the engine's order of preference.</summary>
    public string? Cipher { get; init; }

    /// <summary>How datagrams are moved.</summary>
    public QuicIoMode IoMode { get; init; }

    /// <summary>The largest UDP payload to send; null for the engine's default.</summary>
    public int? MaxUdpPayloadSize { get; init; }

    /// <summary>A file for the secrets of the connections, for a packet analyser.</summary>
    public string? KeyLogFile { get; init; }

    /// <summary>The transport options that say the same.</summary>
    public QuicTransportOptions ToOptions()
    {
        QuicTransportOptions options = new() { IoMode = IoMode, KeyLogFile = KeyLogFile, CompletesInline = Environment.GetEnvironmentVariable("HQ_INLINE") == "1" };
        options.MaxUdpPayloadSize = MaxUdpPayloadSize ?? options.MaxUdpPayloadSize;
        return options;
    }
}
