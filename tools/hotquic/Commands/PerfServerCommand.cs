using System.CommandLine;
using System.Net;
using System.Text.Json;
using HotQuic.Load;
using HotQuic.Load.Transport;
using HotQuic.Tools.Certificates;
using HotQuic.Tools.Output;
using HotQuic.Tools.Perf;

namespace HotQuic.Tools.Commands;

/// <summary><c>hotquic perf-server</c>: the server that <c>hotquic perf</c> measures, on its own.</summary>
internal static class PerfServerCommand
{
    private static readonly IPEndPoint DefaultEndPoint = new(IPAddress.Loopback, 4433);

    public static Command Create(Terminal terminal)
    {
        Option<IPEndPoint?> listen = CommonOptions.Listen(DefaultEndPoint);
        Option<FileInfo?> certificate = CommonOptions.Certificate();
        Option<FileInfo?> key = CommonOptions.Key();
        Option<string?> api = CommonOptions.Api(
            $"The API that serves, as for perf; clients of any are served (default: {ApiChoice.Default}).");
        Option<int?> spin = CommonOptions.Spin();
        Option<string?> io = CommonOptions.Io();
        Option<int?> shards = CommonOptions.Shards();
        Option<int?> udpPayloadLimit = CommonOptions.UdpPayloadLimit();
        Option<bool> untilInputEnds = CommonOptions.UntilInputEnds();
        Command command = new("perf-server", "The server of perf, on its own. Once ready it prints one line of JSON: address, certificate.")
        {
            listen, certificate, key, api, spin, io, shards, udpPayloadLimit, untilInputEnds,
        };
        Checks.RequireTogether(command, certificate, key);
        command.SetAction(async (parsed, cancellation) =>
        {
            EngineSettings.UseShards(parsed.GetValue(shards));
            EngineSettings.UseSpin(parsed.GetValue(spin));
            IPEndPoint endPoint = parsed.GetValue(listen) ?? DefaultEndPoint;
            using ServerIdentity identity = ServerIdentity.From(
                parsed.GetValue(certificate), parsed.GetValue(key), Checks.NameOf(endPoint));
            PerfServerOptions options = new()
            {
                ListenEndPoint = endPoint,
                Certificate = identity.Certificate,
                Intermediates = identity.Intermediates,
                Api = ApiChoice.Parse(parsed.GetValue(api)),
                SpinMicroseconds = parsed.GetValue(spin),
                Transport = new() { IoMode = IoModes.Parse(parsed.GetValue(io)), MaxUdpPayloadSize = parsed.GetValue(udpPayloadLimit) },
            };
            using EndOfInput end = new(parsed.GetValue(untilInputEnds), cancellation);
            try
            {
                await ServeAsync(options, identity, terminal, end.Token);
            }
            catch (OperationCanceledException) when (parsed.GetValue(untilInputEnds))
            {
                // Whoever started this has changed its mind before the server was ready, and has its reason.
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static async Task ServeAsync(
        PerfServerOptions options, ServerIdentity identity, Terminal terminal, CancellationToken cancellation)
    {
        await using PerfServer server = await Listening.AtAsync(
            options.ListenEndPoint, () => PerfServer.ListenAsync(options, cancellation));
        ServerAnnouncement announcement = new(
            server.LocalEndPoint.ToString(), identity.Certificate.ExportCertificatePem(), identity.Fingerprint);
        terminal.Output.WriteLine(JsonSerializer.Serialize(announcement, AnnouncementJson.Default.ServerAnnouncement));
        await terminal.Output.FlushAsync(cancellation);
        await server.RunAsync(cancellation);
    }
}
