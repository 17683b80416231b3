using System.Globalization;
using System.Text;
using System.Text.Json;
using HotQuic.Load.Harness.Model;

namespace HotQuic.Load.Harness.Files;

/// <summary>Writes a scenario as the JSON that <see cref="ScenarioFile.Parse"/> reads, to be sent to an agent.</summary>
internal static class ScenarioWriter
{
    /// <summary>The document with this one scenario.</summary>
    public static string ToJson(LoadScenario scenario)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("scenarios");
            Write(json, scenario);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter json, LoadScenario scenario)
    {
        json.WriteStartObject();
        json.WriteString("name", scenario.Name);
        Write(json, scenario.Target);
        json.WriteStartArray("steps");
        foreach (LoadStep step in scenario.Steps)
        {
            Write(json, step);
        }

        json.WriteEndArray();
        json.WriteString("warmUp", Duration(scenario.WarmUp));
        json.WriteNumber("connections", scenario.Connections);
        json.WriteNumber("outstanding", scenario.Outstanding);
        json.WriteString("timeout", Duration(scenario.Timeout));
        json.WriteStartArray("simulations");
        foreach (LoadSimulation simulation in scenario.Simulations)
        {
            Write(json, simulation);
        }

        json.WriteEndArray();
        json.WriteStartArray("thresholds");
        foreach (LoadThreshold threshold in scenario.Thresholds)
        {
            json.WriteStringValue(threshold.ToString());
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, LoadTarget target)
    {
        json.WriteStartObject("target");
        json.WriteString("address", target.Address);
        json.WriteString("alpn", target.ApplicationProtocol);
        json.WriteString("serverName", target.ServerName);
        if (target.Trust.IsAnything)
        {
            json.WriteBoolean("insecure", true);
        }
        else if (target.Trust.AuthoritiesPem is { } authorities)
        {
            json.WriteString("ca", authorities);
        }

        if (target.Transport.Cipher is { } cipher)
        {
            json.WriteString("cipher", cipher);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, LoadStep step)
    {
        json.WriteStartObject();
        json.WriteString("name", step.Name);
        switch (step)
        {
            case RequestStep request:
                json.WriteString("kind", "request");
                json.WriteNumber("requestBytes", request.RequestBytes);
                if (request.ResponseBytes is { } bytes)
                {
                    json.WriteNumber("responseBytes", bytes);
                }

                break;
            case DatagramStep datagram:
                json.WriteString("kind", "datagram");
                json.WriteNumber("bytes", datagram.Bytes);
                json.WriteString("until", datagram.End == DatagramEnd.Echoed ? "echoed" : "acknowledged");
                break;
            case HttpStep http:
                json.WriteString("kind", "http");
                json.WriteString("method", http.Method);
                json.WriteString("path", http.Path);
                json.WriteNumber("bodyBytes", http.BodyBytes);
                break;
            case PauseStep pause:
                json.WriteString("kind", "pause");
                json.WriteString("during", Duration(pause.During));
                break;
            default:
                json.WriteString("kind", "connect");
                break;
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, LoadSimulation simulation)
    {
        json.WriteStartObject();
        string name = simulation.Kind.ToString();
        json.WriteString("kind", char.ToLowerInvariant(name[0]) + name[1..]);
        if (simulation.IsClosed)
        {
            json.WriteNumber("copies", (int)simulation.Level);
        }
        else if (simulation.IsOpen)
        {
            // As digits after a point, never with an exponent, which files are not to have.
            json.WriteString("rate", ((decimal)simulation.Level).ToString(CultureInfo.InvariantCulture));
        }

        json.WriteString("during", Duration(simulation.During));
        json.WriteEndObject();
    }

    private static string Duration(TimeSpan duration) => duration.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms";
}
