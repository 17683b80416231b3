namespace RequestService;

/// <summary>What the server keeps of a stream, as its State: requests and responses that packets and buffers have cut in two.</summary>
internal sealed class RequestStream(Session session)
{
    private readonly byte[] _request = new byte[CounterProtocol.RequestLength];
    private readonly byte[] _response = new byte[CounterProtocol.ResponseLength];
    private int _requestLength;
    private int _unsentLength;

    public Session Session { get; } = session;

    /// <summary>No more requests come.</summary>
    public bool IsEnded { get; set; }

    /// <summary>Whether the last request has not come whole.</summary>
    public bool IsInRequest => _requestLength > 0;

    /// <summary>The part of the last response that the send buffer had no room for.</summary>
    public ReadOnlySpan<byte> Unsent => _response.AsSpan(CounterProtocol.ResponseLength - _unsentLength);

    /// <summary>Takes bytes of one request.</summary>
    /// <returns>How many.</returns>
    public int Take(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> request)
    {
        if (_requestLength == 0 && data.Length >= CounterProtocol.RequestLength)
        {
            // Nearly always: it is read where the packet was decrypted.
            request = data[..CounterProtocol.RequestLength];
            return CounterProtocol.RequestLength;
        }

        int taken = Math.Min(data.Length, CounterProtocol.RequestLength - _requestLength);
        data[..taken].CopyTo(_request.AsSpan(_requestLength));
        _requestLength += taken;
        bool isWhole = _requestLength == CounterProtocol.RequestLength;
        request = isWhole ? _request : default;
        _requestLength = isWhole ? 0 : _requestLength;
        return taken;
    }

    /// <summary>Keeps what was not taken of a response, or of what was kept.</summary>
    public void Keep(ReadOnlySpan<byte> unsent)
    {
        _unsentLength = unsent.Length;
        unsent.CopyTo(_response.AsSpan(CounterProtocol.ResponseLength - _unsentLength));
    }

    public void Clear()
    {
        _requestLength = 0;
        _unsentLength = 0;
        IsEnded = false;
    }
}
