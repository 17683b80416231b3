using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Transport;

namespace HotQuic.Load.Harness.Files;

/// <summary>
/// Scenarios from a file, YAML or, where its name ends in .json, JSON. <c>perf/scenarios</c> has a sample for each protocol, and
/// <c>perf/HotQuic.Load/README.md</c> the fields.
/// </summary>
public static class ScenarioFile
{
    private const string PemMark = "-----BEGIN";
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    /// <summary>Reads a file.</summary>
    /// <exception cref="ScenarioFileException">Something in it is wrong; the message names the line and the field.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<LoadScenario> Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Parse(File.ReadAllText(path), path.EndsWith(".json", StringComparison.OrdinalIgnoreCase), Path.GetDirectoryName(Path.GetFullPath(path)));
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isJson">Whether it is JSON, otherwise YAML.</param>
    /// <param name="directory">Where files that it names are; null: in the current directory.</param>
    /// <exception cref="ScenarioFileException">Something in it is wrong; the message names the line and the field.</exception>
    public static IReadOnlyList<LoadScenario> Parse(string text, bool isJson, string? directory = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ScenarioNode document = isJson ? ScenarioNode.ReadJson(text) : ScenarioNode.ReadYaml(text);
        NodeReader reader = new(document);
        LoadTarget? target = reader.Find("target") is { } node ? ReadTarget(node, directory ?? string.Empty) : null;
        IReadOnlyList<ScenarioNode> nodes = reader.FindItems("scenarios");
        reader.End();
        if (nodes.Count == 0)
        {
            throw document.Wrong("expected at least one of 'scenarios'");
        }

        LoadScenario[] scenarios = [.. nodes.Select(scenario => ReadScenario(scenario, target, directory ?? string.Empty))];
        int twice = Array.FindIndex(scenarios, scenario => scenarios.Count(other => other.Name == scenario.Name) > 1);
        return twice < 0 ? scenarios : throw nodes[twice].Wrong($"there are several scenarios of the name '{scenarios[twice].Name}'");
    }

    private static LoadScenario ReadScenario(ScenarioNode node, LoadTarget? common, string directory)
    {
        NodeReader reader = new(node);
        string name = reader.NeedText("name");
        LoadTarget target = reader.Find("target") is { } own
            ? ReadTarget(own, directory)
            : common ?? throw node.Wrong("the field 'target' is missing, here or at the top of the file");
        ScenarioNode stepsNode = reader.Need("steps");
        LoadStep[] steps = [.. (stepsNode.Items ?? throw stepsNode.Wrong("expected a list")).Select(ReadStep)];
        LoadScenario scenario = Checked(node, () => LoadScenario.Create(name, target, steps));
        scenario = With(reader.Find("warmUp"), scenario, (known, value) => known.WithWarmUpDuration(NodeReader.DurationOf(value)));
        scenario = With(reader.Find("connections"), scenario, (known, value) => known.WithConnections(NodeReader.WholeOf(value)));
        scenario = With(reader.Find("outstanding"), scenario, (known, value) => known.WithOutstanding(NodeReader.WholeOf(value)));
        scenario = With(reader.Find("timeout"), scenario, (known, value) => known.WithTimeout(NodeReader.DurationOf(value)));
        ScenarioNode simulations = reader.Need("simulations");
        scenario = With(simulations, scenario, (known, value) =>
            known.WithLoadSimulations([.. (value.Items ?? throw value.Wrong("expected a list")).Select(ReadSimulation)]));
        scenario = With(reader.Find("thresholds"), scenario, (known, value) =>
            known.WithThresholds([.. (value.Items ?? throw value.Wrong("expected a list")).Select(ReadThreshold)]));
        reader.End();
        return scenario;
    }

    private static string ReadThreshold(ScenarioNode node) => Checked(node, () => LoadThreshold.Parse(NodeReader.TextOf(node)).ToString());

    private static LoadTarget ReadTarget(ScenarioNode node, string directory)
    {
        if (node.Text is { } address)
        {
            return Checked(node, () => LoadTarget.Parse(address));
        }

        NodeReader reader = new(node);
        ScenarioNode addressNode = reader.Need("address");
        LoadTarget target = Checked(addressNode, () => LoadTarget.Parse(NodeReader.TextOf(addressNode)));
        if (reader.Find("alpn") is { } protocol)
        {
            target = Checked(protocol, () => target.WithApplicationProtocol(NodeReader.TextOf(protocol)));
        }

        if (reader.Find("serverName") is { } name)
        {
            target = Checked(name, () => target.WithServerName(NodeReader.TextOf(name)));
        }

        if (reader.IsSet("insecure"))
        {
            target = target.WithTrust(ServerTrust.Anything);
        }

        if (reader.Find("ca") is { } authorities)
        {
            target = Checked(authorities, () => target.WithTrust(ReadAuthorities(directory, NodeReader.TextOf(authorities))));
        }

        if (reader.Find("cipher") is { } cipher)
        {
            target = CipherChoice.Names.Contains(NodeReader.TextOf(cipher))
                ? target.WithTransport(target.Transport with { Cipher = cipher.Text })
                : throw cipher.Wrong($"expected one of {string.Join(", ", CipherChoice.Names)}, not '{cipher.Text}'");
        }

        reader.End();
        return target;
    }

    private static LoadStep ReadStep(ScenarioNode node)
    {
        NodeReader reader = new(node);
        ScenarioNode kind = reader.Need("kind");
        string name = reader.FindText("name") ?? NodeReader.TextOf(kind);
        LoadStep step = Checked(node, () => NodeReader.TextOf(kind) switch
        {
            "request" => LoadStep.Request(name, reader.FindWhole("requestBytes") ?? 0, reader.FindWhole("responseBytes")),
            "connect" => LoadStep.Connect(name),
            "datagram" => LoadStep.Datagram(name, reader.NeedWhole("bytes"), ReadEnd(reader.Find("until"))),
            "http" => LoadStep.Http(name, reader.FindText("method") ?? "GET", reader.FindText("path") ?? "/", reader.FindWhole("bodyBytes") ?? 0),
            "pause" => (LoadStep)LoadStep.Pause(name, reader.NeedDuration("during")),
            _ => throw kind.Wrong($"expected request, connect, datagram, http or pause, not '{kind.Text}'"),
        });
        reader.End();
        return step;
    }

    private static DatagramEnd ReadEnd(ScenarioNode? node) => node is null ? DatagramEnd.Acknowledged : NodeReader.TextOf(node) switch
    {
        "acknowledged" => DatagramEnd.Acknowledged,
        "echoed" => DatagramEnd.Echoed,
        _ => throw node.Wrong($"expected acknowledged or echoed, not '{node.Text}'"),
    };

    private static LoadSimulation ReadSimulation(ScenarioNode node)
    {
        NodeReader reader = new(node);
        ScenarioNode kind = reader.Need("kind");
        LoadSimulation simulation = Checked(node, () => NodeReader.TextOf(kind) switch
        {
            "keepConstant" => LoadSimulation.KeepConstant(reader.NeedWhole("copies"), reader.NeedDuration("during")),
            "rampingConstant" => LoadSimulation.RampingConstant(reader.NeedWhole("copies"), reader.NeedDuration("during")),
            "inject" => LoadSimulation.Inject(reader.NeedNumber("rate"), reader.FindDuration("interval") ?? OneSecond, reader.NeedDuration("during")),
            "rampingInject" => LoadSimulation.RampingInject(
                reader.NeedNumber("rate"), reader.FindDuration("interval") ?? OneSecond, reader.NeedDuration("during")),
            "pause" => LoadSimulation.Pause(reader.NeedDuration("during")),
            _ => throw kind.Wrong($"expected keepConstant, rampingConstant, inject, rampingInject or pause, not '{kind.Text}'"),
        });
        reader.End();
        return simulation;
    }

    /// <summary>Certificates from a file, or, where the text is PEM itself, from that.</summary>
    private static ServerTrust ReadAuthorities(string directory, string text)
    {
        X509Certificate2Collection certificates = [];
        if (text.Contains(PemMark, StringComparison.Ordinal))
        {
            certificates.ImportFromPem(text);
        }
        else
        {
            certificates.ImportFromPemFile(Path.Combine(directory, text));
        }

        return certificates.Count > 0 ? ServerTrust.Authorities(certificates) : throw new FormatException("Expected certificates in PEM.");
    }

    private static LoadScenario With(ScenarioNode? node, LoadScenario scenario, Func<LoadScenario, ScenarioNode, LoadScenario> change) =>
        node is null ? scenario : Checked(node, () => change(scenario, node));

    /// <summary>What the model says is wrong, with the line and the field that it is about.</summary>
    private static T Checked<T>(ScenarioNode node, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw node.Wrong(Plain(e));
        }
    }

    /// <summary>The message without what .NET adds about parameters, and beginning in lower case.</summary>
    private static string Plain(Exception exception)
    {
        string message = exception.Message.Split('\n')[0].Trim();
        int parameter = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        message = parameter > 0 ? message[..parameter] : message;
        return char.ToLowerInvariant(message[0]) + message[1..];
    }
}
