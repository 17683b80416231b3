using System.Globalization;
using HotQuic.Interop.Tests.Protocols;

namespace HotQuic.Interop.Tests.Peers;

/// <summary>One of our own four programs, which share a command line, a protocol and a form of report (tests/peers/README.md).</summary>
internal sealed class CommonPeer : Peer
{
    private const int KeyUpdateInterval = 20;

    private readonly string _program;
    private readonly string[] _leadingArguments;
    private readonly string[] _neededFiles;

    private CommonPeer(string name, string program, string[] leadingArguments, params string[] neededFiles)
    {
        Name = name;
        _program = program;
        _leadingArguments = leadingArguments;
        _neededFiles = [.. neededFiles, .. (ReadOnlySpan<string>)(Path.IsPathRooted(program) ? [program] : [])];
    }

    public static CommonPeer Quinn { get; } = new(
        "quinn-deno", InPackages("@deno/linux-x64-glibc/deno"), ["run", "-A", "--quiet", "--unstable-net", InSources("deno/peer.ts")]);

    public static CommonPeer Lsquic { get; } = new("lsquic-bun", InPackages("@oven/bun-linux-x64/bin/bun"), [InSources("bun/peer.ts")]);

    public static CommonPeer Quiche { get; } = new(
        "quiche", "node", [InSources("quiche/peer.mjs")], InPackages("@matrixai/quic/package.json"));

    public static CommonPeer QuicGo { get; } = new("quic-go", Path.Combine(TestEnvironment.PeersDirectory, "quic-go-peer"), []);

    public override string Name { get; }

    public override IApplicationProtocol Protocol => HqInterop.Instance;

    public override string? Missing => FirstMissing(_neededFiles);

    public override async Task<PeerServer> StartServerAsync(PeerOptions options, CancellationToken cancellationToken)
    {
        PeerProcess process = PeerProcess.Start(Command("server", options));
        try
        {
            string port = await process.WaitForLineAsync("LISTENING ", cancellationToken);
            return new PeerServer(process, int.Parse(port, CultureInfo.InvariantCulture));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public override async Task<PeerReport> RunClientAsync(PeerOptions options, CancellationToken cancellationToken)
    {
        await using PeerProcess process = PeerProcess.Start(Command("client", options));
        return PeerReport.Parse(await process.WaitForLineAsync("RESULT ", cancellationToken));
    }

    private static string InPackages(string path) => Path.Combine(TestEnvironment.PeersDirectory, "node_modules", path);

    private static string InSources(string path) => Path.Combine(TestEnvironment.PeerSources, path);

    private PeerCommand Command(string role, PeerOptions options)
    {
        List<string> arguments = [.. _leadingArguments, role, "--port", $"{options.Port}", "--certs", TestFiles.CertificatesDirectory];
        Add(arguments, "--alpn", options.Alpn ?? Protocol.Alpn);
        Add(arguments, "--ciphers", options.CipherSuite?.ToString());
        Add(arguments, "--groups", options.Group);
        Add(arguments, "--key-log", options.KeyLogFile);
        Add(arguments, "--version", options.Version is { } version ? $"0x{version:x8}" : null);
        if (options.KeyUpdate && this == QuicGo)
        {
            Add(arguments, "--key-update", $"{KeyUpdateInterval}"); // quinn starts one by itself within its first thousand packets
        }

        if (options.Retry)
        {
            arguments.Add("--retry");
        }

        if (role == "client")
        {
            Add(arguments, options.Work.Kind == WorkKind.Download ? "--get" : "--put", $"{options.Work.Bytes}");
            Add(arguments, "--streams", $"{options.Work.Streams}");
            if (options.SystemRootsOnly)
            {
                arguments.Add("--system-roots");
            }
        }

        return new PeerCommand(_program, arguments) { Environment = Environment() };
    }

    private static void Add(List<string> arguments, string name, string? value)
    {
        if (value is not null)
        {
            arguments.Add(name);
            arguments.Add(value);
        }
    }

    private static Dictionary<string, string> Environment()
    {
        return new Dictionary<string, string>
        {
            ["HOTQUIC_PEERS"] = TestEnvironment.PeersDirectory,
            ["NODE_NO_WARNINGS"] = "1",
            ["NO_COLOR"] = "1",
            ["DENO_NO_UPDATE_CHECK"] = "1",
            ["DENO_DIR"] = Path.Combine(TestEnvironment.PeersDirectory, "deno-cache"),
        };
    }
}
