using System.CommandLine;
using System.Net;
using System.Net.Security;
using HotQuic.Load.Transport;
using HotQuic.Tools.Certificates;
using HotQuic.Tools.Files;
using HotQuic.Tools.Hq;
using HotQuic.Tools.Output;
using Microsoft.Extensions.Logging;

namespace HotQuic.Tools.Commands;

/// <summary><c>hotquic serve</c>: serves the files of a directory.</summary>
internal static class ServeCommand
{
    private static readonly IPEndPoint DefaultEndPoint = new(IPAddress.Loopback, 4433);

    public static Command Create(Terminal terminal)
    {
        ServeOptions options = new();
        Command command = new("serve", "Serve the files of a directory over HTTP/3, or over hq-interop: HTTP/0.9 on QUIC streams.")
        {
            options.Directory, options.Listen, options.Http3, options.ApplicationProtocol, options.Certificate, options.Key, options.Retry, options.KeyLog,
            options.Qlog,
        };
        Checks.RequireTogether(command, options.Certificate, options.Key);
        Checks.RefuseOptions(options.Directory);
        Checks.RequireOneAtMost(command, options.Http3, options.ApplicationProtocol);
        command.SetAction((parsed, cancellation) => RunAsync(options, parsed, terminal, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ServeOptions options, ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        EngineSettings.UseQlog(parsed.GetValue(options.Qlog));
        string path = parsed.GetRequiredValue(options.Directory).FullName;
        ServedDirectory directory = new(path);
        IPEndPoint endPoint = parsed.GetValue(options.Listen) ?? DefaultEndPoint;
        using ServerIdentity identity = ServerIdentity.From(
            parsed.GetValue(options.Certificate), parsed.GetValue(options.Key), Checks.NameOf(endPoint));
        if (parsed.GetValue(options.Http3))
        {
            await using Http3FileServer server = new(directory, endPoint, identity, options.ToHttp3(parsed));
            await server.StartAsync(cancellation);
            await AnnounceAsync(terminal, $"Serving {path} on {server.EndPoint}, protocol h3.", identity, cancellation);
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Success;
        }

        using ILoggerFactory logging = LoggerFactory.Create(builder => builder.AddSimpleConsole(console => console.SingleLine = true));
        QuicListenerOptions listenerOptions = options.ToListenerOptions(parsed, endPoint, identity);
        await using QuicListener listener = await Listening.AtAsync(
            endPoint, () => QuicListener.ListenAsync(listenerOptions, cancellation).AsTask());
        string protocol = parsed.GetRequiredValue(options.ApplicationProtocol);
        await AnnounceAsync(terminal, $"Serving {path} on {listener.LocalEndPoint}, protocol {protocol}.", identity, cancellation);
        await new HqServer(listener, directory, logging.CreateLogger("serve")).RunAsync(cancellation);
        return ExitCode.Success;
    }

    private static async Task AnnounceAsync(Terminal terminal, string what, ServerIdentity identity, CancellationToken cancellation)
    {
        terminal.Output.WriteLine(what);
        terminal.Output.WriteLine($"Certificate SHA-256 {identity.Fingerprint}");
        terminal.Output.WriteLine("Press Ctrl-C to stop.");
        await terminal.Output.FlushAsync(cancellation);
    }

    private sealed class ServeOptions
    {
        public Argument<DirectoryInfo> Directory { get; } = new("DIR")
        {
            Description = "The directory; nothing outside it is ever served.",
        };

        public Option<IPEndPoint?> Listen { get; } = CommonOptions.Listen(DefaultEndPoint);

        public Option<bool> Http3 { get; } = new("--http3")
        {
            Description = "Serve HTTP/3, and on the same port number HTTP/1.1 and HTTP/2 over TCP, which tell browsers of it.",
        };

        public Option<string> ApplicationProtocol { get; } = CommonOptions.ApplicationProtocol();

        public Option<FileInfo?> Certificate { get; } = CommonOptions.Certificate();

        public Option<FileInfo?> Key { get; } = CommonOptions.Key();

        public Option<bool> Retry { get; } = new("--retry") { Description = "Make every client prove its address by a Retry." };

        public Option<FileInfo?> KeyLog { get; } = CommonOptions.KeyLog();

        public Option<DirectoryInfo?> Qlog { get; } = CommonOptions.Qlog();

        public Http3ServingOptions ToHttp3(ParseResult parsed) => new(RetryModeOf(parsed), EngineSettings.UseKeyLog(parsed.GetValue(KeyLog)));

        public QuicListenerOptions ToListenerOptions(ParseResult parsed, IPEndPoint endPoint, ServerIdentity identity)
        {
            SslApplicationProtocol protocol = new(parsed.GetRequiredValue(ApplicationProtocol));
            QuicServerConnectionOptions connectionOptions = new()
            {
                ServerAuthenticationOptions = new()
                {
                    ApplicationProtocols = [protocol],
                    ServerCertificateContext = SslStreamCertificateContext.Create(
                        identity.Certificate, identity.Intermediates, offline: true),
                },
                DefaultCloseErrorCode = HqProtocol.NoError,
                DefaultStreamErrorCode = HqProtocol.NoError,
                Transport = new TransportChoices { KeyLogFile = EngineSettings.UseKeyLog(parsed.GetValue(KeyLog)) }.ToOptions(),
            };
            return new()
            {
                ListenEndPoint = endPoint,
                ApplicationProtocols = [protocol],
                RetryMode = RetryModeOf(parsed),
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(connectionOptions),
            };
        }

        private QuicRetryMode RetryModeOf(ParseResult parsed) => parsed.GetValue(Retry) ? QuicRetryMode.Always : QuicRetryMode.Automatic;
    }
}
