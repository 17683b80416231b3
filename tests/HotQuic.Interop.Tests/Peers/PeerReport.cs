using System.Text.Json;

namespace HotQuic.Interop.Tests.Peers;

/// <summary>What a peer, run as client, says of its connection. Null means that this stack does not tell.</summary>
internal sealed record PeerReport
{
    public required bool Succeeded { get; init; }

    public string? Error { get; init; }

    /// <summary>The transport error code that ended the connection.</summary>
    public long? ErrorCode { get; init; }

    public string? Alpn { get; init; }

    /// <summary>The cipher suite's IANA name.</summary>
    public string? CipherSuite { get; init; }

    /// <summary>SHA-256 of the transferred bytes, in hex, and how many streams ended with it.</summary>
    public IReadOnlyDictionary<string, int> Digests { get; init; } = new Dictionary<string, int>();

    public bool? RetrySeen { get; init; }

    public bool? VersionNegotiationSeen { get; init; }

    public int? LocalKeyUpdates { get; init; }

    public int? RemoteKeyUpdates { get; init; }

    /// <summary>Reads the RESULT line of tests/peers/README.md.</summary>
    public static PeerReport Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return new PeerReport
        {
            Succeeded = root.GetProperty("ok").GetBoolean(),
            Error = Find(root, "error")?.GetString(),
            ErrorCode = Find(root, "code")?.GetInt64(),
            Alpn = Find(root, "alpn")?.GetString(),
            CipherSuite = Find(root, "cipher")?.GetString(),
            Digests = Find(root, "digests")?.Deserialize<Dictionary<string, int>>() ?? [],
            RetrySeen = Find(root, "retry")?.GetBoolean(),
            VersionNegotiationSeen = Find(root, "versionNegotiation")?.GetBoolean(),
            LocalKeyUpdates = Find(root, "localKeyUpdates")?.GetInt32(),
            RemoteKeyUpdates = Find(root, "remoteKeyUpdates")?.GetInt32(),
        };
    }

    private static JsonElement? Find(JsonElement root, string name)
    {
        return root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }
}
