using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HotQuic.Udp.Tests;

/// <summary>
/// A second process of ours that binds a port when told to and holds it until it is disposed. It is this same assembly, started anew:
/// <see cref="Main"/> runs there and speaks in lines with the <see cref="ChildProcess"/> here.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    public const string Bound = "bound";

    private readonly Process _process;

    public ChildProcess(UdpIo io, PortSharing sharing)
    {
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, [typeof(ChildProcess).Assembly.Location, io.ToString(), sharing.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        Assert.Equal("ready", ReadLine());
    }

    /// <summary>Tells the child to bind; the answer comes with <see cref="ReadAnswer"/>, so that several can be told first.</summary>
    public void StartBinding(int port)
    {
        _process.StandardInput.WriteLine(port.ToString(CultureInfo.InvariantCulture));
        _process.StandardInput.Flush();
    }

    /// <summary><see cref="Bound"/>, or the name of the <see cref="SocketError"/>.</summary>
    public string ReadAnswer() => ReadLine();

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TestTime.Limit))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static void Main(string[] arguments)
    {
        var io = Enum.Parse<UdpIo>(arguments[0]);
        var sharing = Enum.Parse<PortSharing>(arguments[1]);
        Console.WriteLine("ready");
        var held = new List<UdpSocket>();
        while (Console.ReadLine() is { } line)
        {
            var endPoint = new IPEndPoint(IPAddress.IPv6Any, int.Parse(line, CultureInfo.InvariantCulture));
            try
            {
                held.Add(UdpSocket.Bind(new UdpSocketOptions { LocalEndPoint = endPoint, Io = io, Sharing = sharing }));
                Console.WriteLine(Bound);
            }
            catch (SocketException failure)
            {
                Console.WriteLine(failure.SocketErrorCode);
            }
        }

        held.ForEach(socket => socket.Dispose());
    }

    private string ReadLine()
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        return line.Wait(TestTime.Limit) ? line.Result ?? "ended" : throw new TimeoutException("The child process does not answer.");
    }
}
