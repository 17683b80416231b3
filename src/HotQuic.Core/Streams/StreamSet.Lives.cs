namespace HotQuic.Core.Streams;

/// <summary>The beginning and the end of each connection that a set serves, and its rests.</summary>
internal sealed partial class StreamSet
{
    /// <summary>Starts anew, without a stream: for another connection, or with other limits before the first stream.</summary>
    /// <param name="local">What the peer is allowed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    public void Begin(StreamLimits local)
    {
        local.Validate();
        Release();
        _events.Begin();
        _flow.Begin(local);
        _isAvailableEventPending = default;
        _peer = default;
        _isPeerKnown = false;
        _isClosed = false;
        _transmitter.Limits = local;
    }

    /// <summary>Nothing is sent or received any more: send buffers go back at once, what arrived can be read until <see cref="Release"/>.</summary>
    public void OnConnectionClosed()
    {
        _isClosed = true;
        foreach (QuicStreamState stream in _streams)
        {
            stream.Send.Discard();
            _transmitter.Forget(stream);
        }
    }

    /// <summary>Everything goes back to the pools; events that wait are dropped. The set is of no use until it begins anew.</summary>
    public void Release()
    {
        OnConnectionClosed();
        while (_events.TryTake(out StreamEvent item))
        {
            if (item.Kind == StreamEventKind.Closed)
            {
                _pool.Return(item.Stream!);
            }
        }

        foreach (QuicStreamState stream in _streams)
        {
            _pool.Return(stream);
        }

        _streams.Clear();
        _transmitter.Rest();
    }

    /// <summary>Gives back memory that it can have again, for a connection that has gone idle.</summary>
    public void Rest()
    {
        _events.Rest();
        _streams.Rest();
        _transmitter.Rest();
    }
}
