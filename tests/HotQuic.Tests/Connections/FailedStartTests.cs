using System.Net;
using HotQuic.Handshakes;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Listener;
using HotQuic.Tests.Soak;

namespace HotQuic.Tests.Connections;

/// <summary>A client's connection whose first flight cannot be made, though its socket could.</summary>
[Collection("listener sockets")]
public sealed class FailedStartTests
{
    /// <summary>
    /// A group that nobody has stands for a key share that the platform does not make: either is found when the ClientHello is written, where
    /// the socket is open already. The options' own check, which would refuse it, is passed by.
    /// </summary>
    [Fact]
    public async Task AStartThatFailsClosesItsOwnSocket()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        using var silent = new RawServer();
        var attempt = new ClientAttempt(Pair.ClientOptions(silent.EndPoint, change: options =>
        {
            options.LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0);
            options.Transport.KeyExchangeGroups = [(QuicKeyExchangeGroup)0x0a0a];
        }));
        QuicException thrown = await Assert.ThrowsAsync<QuicException>(
            () => QuicConnection.ConnectToAnyAsync(engine, attempt, [silent.EndPoint], CancellationToken.None).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.InternalError, thrown.QuicError);
        Assert.Equal(0, (await Ledger.ReadAsync(engine)).Sockets);
    }
}
