using System.Net;
using HotQuic;

namespace RequestService;

/// <summary>What the server keeps of a connection, as its State. Only the connection's own shard touches it: no lock.</summary>
internal sealed class Session
{
    private readonly Stack<RequestStream> _spare = new();

    /// <summary>The client; null until the handshake is complete.</summary>
    public IPEndPoint? Client { get; set; }

    /// <summary>The streams there are.</summary>
    public HashSet<QuicStreamHandle> Streams { get; } = [];

    /// <summary>Requests answered.</summary>
    public long Answered { get; set; }

    /// <summary>The server is stopping: the connection ends with its last stream.</summary>
    public bool IsDraining { get; set; }

    /// <summary>A state for a stream, new or that of one that has ended.</summary>
    public RequestStream Rent() => _spare.TryPop(out RequestStream? state) ? state : new RequestStream(this);

    public void Return(RequestStream state)
    {
        state.Clear();
        _spare.Push(state);
    }
}
