using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace HotQuic.Tools.Perf;

/// <summary>
/// A <c>hotquic perf-server</c> in a second process, for as long as this object lives: <see cref="StartAsync"/>, connect to
/// <see cref="EndPoint"/> trusting <see cref="Certificate"/>, dispose. The child ends when its standard input ends, so that it does not
/// outlive this process however that dies.
/// </summary>
internal sealed class ChildServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly Process _process;

    private ChildServer(Process process, ServerAnnouncement announcement)
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
        Process process = Process.Start(StartInfo(arguments)) ?? throw new CommandException("The server's process cannot be started.");
        try
        {
            using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(StartTimeout);
            string? line = await process.StandardOutput.ReadLineAsync(timeout.Token);
            return new(process, Parse(line));
        }
        catch (Exception e)
        {
            await StopAsync(process);
            throw e is OperationCanceledException && !cancellation.IsCancellationRequested
                ? new CommandException("The server's process did not become ready in time.", e)
                : e;
        }
    }

    /// <summary>Ends the process.</summary>
    public async ValueTask DisposeAsync()
    {
        Certificate.Dispose();
        await StopAsync(_process);
    }

    private static ServerAnnouncement Parse(string? line)
    {
        try
        {
            return line is not null && JsonSerializer.Deserialize(line, AnnouncementJson.Default.ServerAnnouncement) is { } announcement
                ? announcement
                : throw new CommandException("The server's process ended before it was ready.");
        }
        catch (JsonException e)
        {
            throw new CommandException($"The server's process said something unexpected: {line}", e);
        }
    }

    private static ProcessStartInfo StartInfo(PerfServerArguments arguments)
    {
        string executable = Environment.ProcessPath ?? throw new CommandException("The path of this program is not known.");
        ProcessStartInfo info = new(executable) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };

        // Run as "dotnet HotQuic.Tools.dll", the process is dotnet, and has to be told which assembly is meant.
        if (Path.GetFileNameWithoutExtension(executable).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            info.ArgumentList.Add(typeof(ChildServer).Assembly.Location);
        }

        foreach (string argument in arguments.ToCommandLine())
        {
            info.ArgumentList.Add(argument);
        }

        return info;
    }

    private static async Task StopAsync(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            using CancellationTokenSource timeout = new(StopTimeout);
            try
            {
                await process.WaitForExitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
            }
        }
    }
}
