using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace HotQuic.Tools.Perf;

/// <summary>
/// A <c>hotquic perf-server</c> in a second process, for as long as this object lives: <see cref="StartAsync"/>, connect to
/// <see cref="EndPoint"/> trusting <see cref="Certificate"/>, dispose.
/// </summary>
internal sealed class ChildServer : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private ChildServer(ChildProcess process, ServerAnnouncement announcement)
    {
        _process = process;
        EndPoint = IPEndPoint.Parse(announcement.Listening);
        Certificate = X509Certificate2.CreateFromPem(announcement.Certificate);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The certificate that it made for itself.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Starts the process on 127.0.0.1 and waits until it is ready.</summary>
    /// <exception cref="CommandException">It did not get there.</exception>
    public static async Task<ChildServer> StartAsync(PerfServerArguments arguments, CancellationToken cancellation)
    {
        ChildProcess process = await ChildProcess.StartAsync("server", arguments.ToCommandLine(), new Dictionary<string, string>(), cancellation);
        try
        {
            return new(process, Parse(process.FirstLine));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the process.</summary>
    public ValueTask DisposeAsync()
    {
        Certificate.Dispose();
        return _process.DisposeAsync();
    }

    private static ServerAnnouncement Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, AnnouncementJson.Default.ServerAnnouncement)
                ?? throw new CommandException($"The server's process said something unexpected: {line}");
        }
        catch (JsonException e)
        {
            throw new CommandException($"The server's process said something unexpected: {line}", e);
        }
    }
}
