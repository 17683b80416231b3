using HotQuic.Load.Protocol;

namespace HotQuic.Load.Scenarios;

/// <summary>One of the two APIs of HotQuic, as a load uses it. From any thread.</summary>
internal interface ILoadApi
{
    /// <summary>Makes a connection, and tells the server what its streams are for.</summary>
    /// <exception cref="QuicException">The connection failed.</exception>
    /// <exception cref="InvalidDataException">The server does not keep to the protocol, or cannot do this work.</exception>
    Task<ILoadConnection> ConnectAsync(WorkOrder work, CancellationToken cancellation);

    /// <summary>Works one copy that needs no lasting connection: makes connections and closes them until it is over.</summary>
    Task RunHandshakesAsync(LoadCopy copy);
}

/// <summary>A connection that lasts as long as the load: any number of copies, then <see cref="CloseAsync"/>, which ends those that still work.</summary>
internal interface ILoadConnection
{
    /// <summary>Works one copy until it is over.</summary>
    Task RunAsync(LoadCopy copy);

    /// <summary>Closes the connection and waits until that is done.</summary>
    Task CloseAsync();
}
