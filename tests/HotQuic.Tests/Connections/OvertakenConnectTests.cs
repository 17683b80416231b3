using HotQuic.Connections;
using HotQuic.Handshakes;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Listener;
using HotQuic.Tests.Soak;

namespace HotQuic.Tests.Connections;

/// <summary>
/// Messages of one poster come in order, but those of several may not: a shard that found the mailbox of another full posts later, and whoever
/// cancels what it asked for may be before it.
/// </summary>
[Collection("listener sockets")]
public sealed class OvertakenConnectTests
{
    [Fact]
    public async Task AConnectThatItsCancellationOvertookIsNotBegun()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        using var silent = new RawServer();
        ConnectionDriver driver = ConnectionDriver.ForClient(engine.Shards[0]);
        driver.Application = driver.Awaited;
        var connection = new QuicConnection(driver.Awaited);
        var request = new ConnectRequest(connection, new ClientAttempt(Pair.ClientOptions(silent.EndPoint)), silent.EndPoint);
        connection.Post(ConnectionMessageKind.CancelHandshake);
        Task disposal = connection.DisposeAsync().AsTask();
        connection.Post(ConnectionMessageKind.Connect, request);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => request.Task.WaitAsync(Pair.Patience));
        await disposal.WaitAsync(Pair.Patience);
        Assert.Equal(new Ledger(), (await Ledger.ReadAsync(engine)).WithoutSockets());

        // Nothing went wrong with the object: it is the next connection's.
        Assert.Same(driver, engine.Shards[0].Drivers.Rent());
        Assert.NotEqual(connection.Generation, driver.Generation);
    }
}
