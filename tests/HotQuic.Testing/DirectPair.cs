using System.Net;
using HotQuic.Core.Connections;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;

namespace HotQuic.Testing;

/// <summary>
/// Two endpoints on one thread that hand each other their datagrams as bytes, without a network between them and without anything
/// of its own that allocates: what is measured here is the engine. <see cref="Connect"/>, then <see cref="Turn()"/> until there is what
/// was waited for; each turn is a fixed step of time and goes both ways.
/// </summary>
internal sealed class DirectPair : IDisposable
{
    private const int MaxTurns = 100_000;

    private static readonly TimeSpan Step = TimeSpan.FromMicroseconds(100);

    public DirectPair(ConnectionSettings? settings = null)
    {
        settings ??= ConnectionSettings.Default;
        Client = new DirectSide(EndpointRole.Client, AddressOf(2), settings);
        Server = new DirectSide(EndpointRole.Server, AddressOf(1), settings);
    }

    public DirectSide Client { get; }

    public DirectSide Server { get; }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>A whole handshake, up to its confirmation on both sides.</summary>
    public void Connect(TlsClientConfiguration configuration)
    {
        Client.Connect(Server.Address, configuration, Now);
        TurnUntil(static pair => pair.Client.Connection is { Handshake.IsConfirmed: true } && pair.Server.Connection is { Handshake.IsConfirmed: true });
    }

    /// <summary>The client closes, and time passes until both sides have forgotten the connection.</summary>
    public void Close()
    {
        Client.Close(Now);
        Turn();
        Now += TimeSpan.FromMinutes(1);
        Client.OnTimeout(Now);
        Server.OnTimeout(Now);
        if (Client.Connection is not null || Server.Connection is not null)
        {
            throw new InvalidOperationException("A connection that was closed did not drain.");
        }
    }

    /// <summary>A step of time: what is due, then the client's packets to the server, then the server's to the client. Returns how many went.</summary>
    public int Turn() => Turn(Step);

    /// <summary>The same with another step.</summary>
    public int Turn(TimeSpan step)
    {
        Now += step;
        Client.OnTimeout(Now);
        Server.OnTimeout(Now);
        return Client.TransmitTo(Server, Now) + Server.TransmitTo(Client, Now);
    }

    public void TurnUntil(Func<DirectPair, bool> condition)
    {
        for (int i = 0; !condition(this); i++)
        {
            if (i == MaxTurns)
            {
                throw new InvalidOperationException("What was waited for did not happen.");
            }

            Turn();
        }
    }

    public void Dispose()
    {
        Client.Endpoint.Dispose();
        Server.Endpoint.Dispose();
    }

    private static PathAddress AddressOf(byte last) => PathAddress.From(new IPEndPoint(new IPAddress([127, 0, 0, last]), 4433));
}
