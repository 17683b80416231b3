using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Soak;

namespace HotQuic.Tests.Listener;

/// <summary>
/// A second process of ours that listens on a port when told to, until it is disposed. It is this same assembly, started anew:
/// <see cref="Main"/> runs there and speaks in lines with the <see cref="ListeningProcess"/> here, or is an <see cref="IdleProcess"/>.
/// </summary>
internal sealed class ListeningProcess : IDisposable
{
    public const string Listening = "listening";

    private readonly Process _process;

    public ListeningProcess(QuicIoMode io, bool sharesPorts)
    {
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, [typeof(ListeningProcess).Assembly.Location, io.ToString(), sharesPorts.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
    }

    /// <summary>What the process says next: "ready", then <see cref="Listening"/> or the name of the <see cref="SocketError"/> for each port.</summary>
    public async Task<string?> ReadAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(Pair.Patience);

    /// <summary>Tells it to listen; the answer is read later, so that several can be told at once.</summary>
    public void StartListening(int port)
    {
        _process.StandardInput.WriteLine(port.ToString(CultureInfo.InvariantCulture));
        _process.StandardInput.Flush();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Pair.Patience))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static void Main(string[] arguments)
    {
        if (arguments is [IdleProcess.Argument])
        {
            IdleProcess.Run();
            return;
        }

        var options = new QuicServerOptions { IoMode = Enum.Parse<QuicIoMode>(arguments[0]), SharesPorts = bool.Parse(arguments[1]) };
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            try
            {
                new QuicServer(new ServerProbe(), options).Start(ServerProbe.Loopback(int.Parse(line, CultureInfo.InvariantCulture)));
                Console.WriteLine(Listening);
            }
            catch (SocketException failure)
            {
                Console.WriteLine(failure.SocketErrorCode);
            }
        }
    }
}
