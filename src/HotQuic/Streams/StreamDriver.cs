using HotQuic.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Errors;

namespace HotQuic.Streams;

/// <summary>
/// The shard's side of one stream: what the protocol reports comes through the On… methods, and the application that it is told to is
/// awaited (<see cref="AwaitedStream"/>) or called. Pooled by the shard: <see cref="Begin"/> starts a life, and handles know the object
/// together with the <see cref="Generation"/> of that life.
/// </summary>
/// <remarks>The shard's thread only, but for <see cref="Id"/> and <see cref="Generation"/>.</remarks>
internal abstract class StreamDriver
{
    private uint _connectionGeneration;

    public ConnectionDriver Connection { get; private set; } = null!;

    public StreamId Id { get; private set; }

    /// <summary>Counts the lives of this object.</summary>
    public uint Generation { get; private set; } = StreamHalf.FirstGeneration;

    /// <summary>Its place in its connection's list.</summary>
    public int Index { get; set; }

    /// <summary>The protocol's stream; null once it has gone back to its pool.</summary>
    protected QuicStreamState? Core { get; private set; }

    protected StreamSet Streams => Connection.Core.Streams;

    /// <summary>Begins a life.</summary>
    public virtual void Begin(ConnectionDriver connection, QuicStreamState stream, bool isOurs)
    {
        Connection = connection;
        _connectionGeneration = connection.Generation;
        Id = stream.Id;
        Core = stream;
        stream.UserState = this;
    }

    /// <summary>When the stream's data goes out among that of others.</summary>
    public StreamPriority Priority => Core?.Priority ?? StreamPriority.Default;

    /// <summary>Changes <see cref="Priority"/>.</summary>
    public void SetPriority(StreamPriority priority)
    {
        if (Core is not null)
        {
            Streams.SetPriority(Core, priority);
        }
    }

    /// <summary>More can be read, or the end was reached.</summary>
    public abstract void OnReadable();

    /// <summary>The end came when everything before it had been read.</summary>
    public abstract void OnReceiveFinished();

    /// <summary>The peer gave the stream up.</summary>
    public abstract void OnReceiveReset(ulong code);

    /// <summary>The peer wants no more.</summary>
    public abstract void OnSendStopped(ulong code);

    /// <summary>There is room after a write that did not fit.</summary>
    public abstract void OnWritable();

    /// <summary>The peer has everything, the end included.</summary>
    public abstract void OnSendAcknowledged();

    /// <summary>Both parts have ended: the protocol's stream is back in its pool.</summary>
    public abstract void OnClosed();

    /// <summary>The connection has ended: nothing more comes or goes, but what came may still be read.</summary>
    public abstract void OnConnectionClosed(Failure failure);

    /// <summary>The connection gives its memory back: what was not read is gone.</summary>
    public abstract void OnReleased(Failure failure);

    /// <summary>A fault of ours ends the stream's connection, unless that is over: its driver may be another's then.</summary>
    protected void FailConnection(Exception exception)
    {
        if (Connection.Generation == _connectionGeneration)
        {
            Connection.OnFault(exception);
        }
    }

    /// <summary>The protocol's stream is not ours any more.</summary>
    protected void Detach() => Core = null;

    /// <summary>Handles of this life are void from now on.</summary>
    protected void EndLife() => Generation++;
}
