using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using HotQuic.Interop.Tests.Protocols;

namespace HotQuic.Interop.Tests.Peers;

/// <summary>
/// ngtcp2 with GnuTLS: Debian's <c>gtlsserver</c> and <c>gtlsclient</c>, HTTP/3 only. The server serves the pattern from files. The client
/// ends with 0 whatever happened and accepts any certificate, so its report is read from the downloaded files and from its log.
/// </summary>
internal sealed partial class Ngtcp2Peer : Peer
{
    private const string ServerProgram = "/usr/sbin/gtlsserver";
    private const string ClientProgram = "/usr/bin/gtlsclient";
    private const int DefaultMostStreams = 100;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private static readonly Dictionary<TlsCipherSuite, string> CipherNames = new()
    {
        [TlsCipherSuite.TLS_AES_128_GCM_SHA256] = "AES-128-GCM",
        [TlsCipherSuite.TLS_AES_256_GCM_SHA384] = "AES-256-GCM",
        [TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256] = "CHACHA20-POLY1305",
    };

    private static readonly Dictionary<string, string> GroupNames = new()
    {
        ["X25519"] = "X25519",
        ["P-256"] = "SECP256R1",
        ["P-384"] = "SECP384R1",
    };

    public override string Name => "ngtcp2";

    public override IApplicationProtocol Protocol => MiniHttp3.Instance;

    public override string? Missing => FirstMissing(ServerProgram, ClientProgram);

    public override async Task<PeerServer> StartServerAsync(PeerOptions options, CancellationToken cancellationToken)
    {
        int port = options.Port == 0 ? FreePort() : options.Port;
        string documents = TestFiles.DocumentsFor(options.Work);
        int streams = Math.Max(DefaultMostStreams, options.Work.Streams);
        List<string> arguments = [.. CommonArguments(options), "-d", documents, $"--max-streams-bidi={streams}"];
        if (options.Retry)
        {
            arguments.Add("--validate-addr");
        }

        arguments.AddRange(["127.0.0.1", $"{port}", Certificate("server.key"), Certificate("server.pem")]);
        PeerProcess process = PeerProcess.Start(Command(ServerProgram, arguments, options));
        try
        {
            await WaitUntilBoundAsync(process, port, cancellationToken);
            return new PeerServer(process, port);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public override async Task<PeerReport> RunClientAsync(PeerOptions options, CancellationToken cancellationToken)
    {
        string downloads = TestFiles.CreateSubfolder("downloads");
        List<string> arguments =
        [
            .. CommonArguments(options),
            "--exit-on-all-streams-close", "--timeout=20s", "--handshake-timeout=5s", "--sni=localhost", $"--download={downloads}",
        ];
        if (options.KeyUpdate)
        {
            arguments.AddRange(["--key-update=20ms", "--delay-stream=100ms"]);
        }

        if (options.Version is { } version)
        {
            arguments.AddRange(["-v", $"0x{version:x8}", "--preferred-versions=v1", "--other-versions=v1"]);
        }

        if (options.Work.Kind == WorkKind.Upload)
        {
            arguments.AddRange(["-m", "POST", "-d", Path.Combine(TestFiles.DocumentsFor(options.Work), TestFiles.DocumentName(0))]);
        }

        arguments.AddRange(["127.0.0.1", $"{options.Port}"]);
        for (int stream = 0; stream < options.Work.Streams; stream++)
        {
            arguments.Add($"https://localhost:{options.Port}/{TestFiles.DocumentName(stream)}");
        }

        await using PeerProcess process = PeerProcess.Start(Command(ClientProgram, arguments, options));
        await process.WaitForExitAsync(cancellationToken);
        return Report(downloads, options, process.Output);
    }

    private static List<string> CommonArguments(PeerOptions options)
    {
        List<string> arguments = options.Work.IsLarge ? ["-q"] : ["--no-quic-dump", "--no-http-dump"];
        if (options.CipherSuite is { } cipherSuite)
        {
            arguments.Add($"--ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+{CipherNames[cipherSuite]}");
        }

        if (options.Group is { } group)
        {
            arguments.Add($"--groups=-GROUP-ALL:+GROUP-{GroupNames[group]}");
        }

        return arguments;
    }

    private static PeerCommand Command(string program, List<string> arguments, PeerOptions options)
    {
        Dictionary<string, string> environment = options.KeyLogFile is { } file ? new() { ["SSLKEYLOGFILE"] = file } : [];
        return new PeerCommand(program, arguments) { Environment = environment };
    }

    private static string Certificate(string name) => Path.Combine(TestFiles.CertificatesDirectory, name);

    private static PeerReport Report(string downloads, PeerOptions options, string log)
    {
        Dictionary<string, int> digests = [];
        foreach (string file in Directory.EnumerateFiles(downloads))
        {
            byte[] content = File.ReadAllBytes(file);
            bool isDigest = options.Work.Kind == WorkKind.Upload; // of the upload, by the server
            string digest = isDigest ? Encoding.ASCII.GetString(content).Trim() : Convert.ToHexStringLower(SHA256.HashData(content));
            digests[digest] = digests.GetValueOrDefault(digest) + 1;
        }

        Match code = TransportErrorCode().Match(log);
        string? cipher = CipherSuite().Match(log) is { Success: true } match ? match.Groups[1].Value : null;
        return new PeerReport
        {
            Succeeded = digests.Values.Sum() == options.Work.Streams,
            Error = code.Success ? code.Value : null,
            ErrorCode = code.Success ? long.Parse(code.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : null,
            Alpn = Alpn().Match(log) is { Success: true } alpn ? alpn.Groups[1].Value : null,
            CipherSuite = cipher is null ? null : CipherNames.Single(pair => pair.Value == cipher).Key.ToString(),
            Digests = digests,
            RetrySeen = Log("type=Retry"),
            VersionNegotiationSeen = Log("type=VN"),
            LocalKeyUpdates = Count("Initiate key update"),
        };

        // A large transfer is not logged, so the log's silence means nothing then.
        bool? Log(string text) => options.Work.IsLarge ? null : log.Contains(text, StringComparison.Ordinal);
        int? Count(string text) => options.Work.IsLarge ? null : log.Split(text).Length - 1;
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>gtlsserver says nothing when it is ready, so the kernel's list of bound ports has to.</summary>
    private static async Task WaitUntilBoundAsync(PeerProcess process, int port, CancellationToken cancellationToken)
    {
        while (!IPGlobalProperties.GetIPGlobalProperties().GetActiveUdpListeners().Any(listener => listener.Port == port))
        {
            if (process.HasEnded)
            {
                throw new InvalidOperationException($"gtlsserver ended at once:\n{process.Output}");
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    [GeneratedRegex(@"CONNECTION_CLOSE\(0x1c\) error_code=\w+\(0x([0-9a-f]+)\)")]
    private static partial Regex TransportErrorCode();

    [GeneratedRegex(@"Negotiated cipher suite is (\S+)")]
    private static partial Regex CipherSuite();

    [GeneratedRegex(@"Negotiated ALPN is (\S+)")]
    private static partial Regex Alpn();
}
