using System.Text.Json.Serialization;

namespace HotQuic.Tools.Perf;

/// <summary>The one line that a perf server prints, once it is ready.</summary>
/// <param name="Listening">Its address and port.</param>
/// <param name="Certificate">Its certificate in PEM.</param>
/// <param name="Fingerprint">The SHA-256 hash of that.</param>
internal sealed record ServerAnnouncement(string Listening, string Certificate, string Fingerprint);

/// <summary>How announcements become JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServerAnnouncement))]
internal sealed partial class AnnouncementJson : JsonSerializerContext;
