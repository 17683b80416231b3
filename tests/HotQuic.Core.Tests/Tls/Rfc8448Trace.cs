using System.Text.Json;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Tests.Tls;

/// <summary>One of the example handshakes of RFC 8448: its steps with their named values, and its handshake messages.</summary>
internal sealed class Rfc8448Trace
{
    private Rfc8448Trace(JsonElement section) => Steps =
        [.. section.GetProperty("steps").EnumerateArray().Select(step => new Step(
            step.GetProperty("actor").GetString()!,
            step.GetProperty("action").GetString()!,
            step.GetProperty("values").EnumerateObject().ToDictionary(value => value.Name, value => Convert.FromHexString(value.Value.GetString()!))))];

    public List<Step> Steps { get; }

    /// <summary>Every handshake message in the order in which it was sent.</summary>
    public List<(EndpointRole Sender, byte[] Message)> Messages =>
        [.. Steps.Where(step => step.Action == "send handshake record").SelectMany(step => Split(step.Values["payload"])
            .Select(message => (step.Actor == "client" ? EndpointRole.Client : EndpointRole.Server, message)))];

    public static Rfc8448Trace Section(string number)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Vectors.Path("tls/rfc8448-traces.json")));
        return new Rfc8448Trace(document.RootElement.GetProperty("sections").EnumerateArray()
            .Single(section => section.GetProperty("section").GetString() == number));
    }

    /// <summary>A value of the first step whose action begins so and that has it.</summary>
    public byte[] Value(string action, string name, string? actor = null) => Steps.First(step =>
        step.Action.StartsWith(action, StringComparison.Ordinal) && step.Values.ContainsKey(name) && (actor ?? step.Actor) == step.Actor).Values[name];

    private static IEnumerable<byte[]> Split(byte[] payload)
    {
        for (int start = 0; start < payload.Length;)
        {
            int length = 4 + ((payload[start + 1] << 16) | (payload[start + 2] << 8) | payload[start + 3]);
            yield return payload[start..(start + length)];
            start += length;
        }
    }

    internal sealed record Step(string Actor, string Action, Dictionary<string, byte[]> Values);
}
