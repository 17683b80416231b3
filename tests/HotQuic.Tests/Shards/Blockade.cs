using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using HotQuic.Shards;
using HotQuic.Tests.Engine;
using HotQuic.Udp.Linux;
using Microsoft.Win32.SafeHandles;
using SocketType = System.Net.Sockets.SocketType;

namespace HotQuic.Tests.Shards;

/// <summary>
/// Puts a socket that never has room in the place of a shard's, until it is lifted. Loopback never fills a UDP socket's send buffer; but a
/// TCP connection that is not established yet takes nothing, ignores the destination, and never becomes writable: the queue of its listener is full.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class Blockade : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _connecting = [];
    private readonly Shard _shard;
    private readonly ShardSocket _socket;
    private SafeFileHandle? _original;

    private Blockade(Shard shard, ShardSocket socket)
    {
        _shard = shard;
        _socket = socket;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        Socket last;
        do
        {
            last = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _connecting.Add(last);
            Assert.ThrowsAny<SocketException>(() => last.Connect(_listener.LocalEndPoint!));
        }
        while (_connecting.Count < 4 || last.Poll(TimeSpan.Zero, SelectMode.SelectWrite));
    }

    private int Number => ((LinuxUdpSocket)_socket.Udp).Descriptor.Number;

    private int Hole => (int)_connecting[^1].Handle;

    /// <summary>Of the socket that the shard's clients share.</summary>
    public static async Task<Blockade> OfClientsAsync(Shard shard)
    {
        Blockade? blockade = null;
        await shard.RunAsync(running =>
        {
            blockade = new Blockade(running, running.Connections.First().Socket);
            blockade._original = new SafeFileHandle(Duplicate(blockade.Number), ownsHandle: true);
            Assert.False(blockade._original.IsInvalid);
            Assert.True(Duplicate(blockade.Hole, blockade.Number) >= 0);
        });
        return blockade!;
    }

    /// <summary>Until the shard has tried to send something, could not, and every connection waits for room.</summary>
    public async Task WhenFeltAsync()
    {
        bool isFelt = false;
        while (!isFelt)
        {
            await _shard.RunAsync(shard => isFelt = _socket.IsBlocked && shard.Connections.All(driver => driver.IsLinedUp)).WaitAsync(Pair.Patience);
        }
    }

    /// <summary>The shard has its socket again.</summary>
    public Task LiftAsync() => _shard.RunAsync(_ => Assert.True(Duplicate((int)_original!.DangerousGetHandle(), Number) >= 0));

    public void Dispose()
    {
        _original?.Dispose();
        _connecting.ForEach(socket => socket.Dispose());
        _listener.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int from);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);
}
