using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using HotQuic.Interop.Tests.Peers;

namespace HotQuic.Interop.Tests.Http3;

/// <summary>A real HTTP/3 server, started as a process for a test. Not all of them do all that the tests ask for.</summary>
internal abstract class Http3Peer
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    public static Http3Peer Ngtcp2 { get; } = new Ngtcp2Server();

    public static Http3Peer Bun { get; } = new BunServer();

    public static Http3Peer Caddy { get; } = new CaddyServer();

    public static Http3Peer ByName(string name) => name switch
    {
        "ngtcp2" => Ngtcp2,
        "bun" => Bun,
        "caddy" => Caddy,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such peer"),
    };

    /// <summary>Why it cannot be started here, null when it can.</summary>
    public abstract string? Missing { get; }

    /// <summary>Where as many bytes of the pattern are to be had.</summary>
    public virtual string PathOf(int bytes) => $"/bytes/{bytes}";

    /// <summary>Starts it with documents of these sizes.</summary>
    public abstract Task<PeerServer> StartAsync(int[] sizes, CancellationToken cancellationToken);

    protected static string? FirstMissing(params string[] files) => files.FirstOrDefault(file => !File.Exists(file)) is { } file ? $"{file} is missing." : null;

    protected static string DocumentsOf(int[] sizes)
    {
        string directory = TestFiles.CreateSubfolder("http3-documents");
        foreach (int size in sizes)
        {
            File.WriteAllBytes(Path.Combine(directory, $"bytes-{size}"), Pattern.Create(size));
        }

        return directory;
    }

    protected static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Starts a server that does not say when it is ready: the kernel's list of bound ports does.</summary>
    protected static async Task<PeerServer> StartOnAsync(int port, PeerCommand command, CancellationToken cancellationToken)
    {
        PeerProcess process = PeerProcess.Start(command);
        try
        {
            while (!IPGlobalProperties.GetIPGlobalProperties().GetActiveUdpListeners().Any(listener => listener.Port == port))
            {
                if (process.HasEnded)
                {
                    throw new InvalidOperationException($"{command.Program} ended at once:\n{process.Output}");
                }

                await Task.Delay(PollInterval, cancellationToken);
            }

            return new PeerServer(process, port);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static string InCertificates(string name) => Path.Combine(TestFiles.CertificatesDirectory, name);

    private sealed class Ngtcp2Server : Http3Peer
    {
        private const string Program = "/usr/sbin/gtlsserver";

        public override string? Missing => FirstMissing(Program);

        public override string PathOf(int bytes) => $"/bytes-{bytes}";

        public override Task<PeerServer> StartAsync(int[] sizes, CancellationToken cancellationToken)
        {
            int port = FreePort();
            string[] arguments = ["-q", "-d", DocumentsOf(sizes), "127.0.0.1", $"{port}", InCertificates("server.key"), InCertificates("server.pem")];
            return StartOnAsync(port, new PeerCommand(Program, arguments), cancellationToken);
        }
    }

    private sealed class BunServer : Http3Peer
    {
        private static readonly string Program = Path.Combine(TestEnvironment.PeersDirectory, "node_modules", "@oven/bun-linux-x64/bin/bun");

        public override string? Missing => FirstMissing(Program);

        public override async Task<PeerServer> StartAsync(int[] sizes, CancellationToken cancellationToken)
        {
            string script = Path.Combine(TestEnvironment.PeerSources, "bun", "http3.ts");
            PeerProcess process = PeerProcess.Start(new PeerCommand(Program, [script, TestFiles.CertificatesDirectory]));
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
    }

    /// <summary>Caddy on quic-go: files, and the request's body back.</summary>
    private sealed class CaddyServer : Http3Peer
    {
        private const string Program = "/usr/bin/caddy";

        public override string? Missing => FirstMissing(Program);

        public override string PathOf(int bytes) => $"/bytes-{bytes}";

        public override Task<PeerServer> StartAsync(int[] sizes, CancellationToken cancellationToken)
        {
            int port = FreePort();
            string home = TestFiles.CreateSubfolder("caddy");
            string configuration = Path.Combine(home, "Caddyfile");
            File.WriteAllText(configuration, $$"""
                {
                	admin off
                	auto_https off
                	skip_install_trust
                	grace_period 2s
                	servers {
                		protocols h1 h2 h3
                	}
                }
                https://localhost:{{port}}, https://127.0.0.1:{{port}} {
                	bind 127.0.0.1
                	tls {{InCertificates("server.pem")}} {{InCertificates("server.key")}}
                	root * {{DocumentsOf(sizes)}}
                	@early path /early
                	header @early Link "</style.css>; rel=preload"
                	respond @early 103
                	respond @early "after the hint" 200
                	@echo path /echo
                	respond @echo "{http.request.body}"
                	file_server
                }
                """);
            Dictionary<string, string> environment = new() { ["HOME"] = home, ["XDG_DATA_HOME"] = home, ["XDG_CONFIG_HOME"] = home };
            PeerCommand command = new(Program, ["run", "--config", configuration, "--adapter", "caddyfile"]) { Environment = environment };
            return StartOnAsync(port, command, cancellationToken);
        }
    }
}
