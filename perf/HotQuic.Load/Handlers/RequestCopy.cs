using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Handlers;

/// <summary>
/// Sends requests, each on a stream of its own: the call that brings the end of a response opens the stream of the next request, so that
/// nothing waits for another thread.
/// </summary>
internal sealed class RequestCopy(LoadCopy copy) : HandlerCopy(copy)
{
    private int _unsent;
    private long _received;

    public override void OnOpened(QuicStreamHandle stream)
    {
        _unsent = Copy.RequestSize;
        _received = 0;
        Send(stream);
    }

    public override void OnWritable(QuicStreamHandle stream) => Send(stream);

    public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        _received += data.Length;
        if (isEnd)
        {
            OnResponse();
        }

        return data.Length;
    }

    private void OnResponse()
    {
        if (!Copy.TryCountResponse(Start, _received, out InvalidDataException? fault))
        {
            Fail(fault);
        }
        else if (Copy.IsOver)
        {
            End();
        }
        else
        {
            OpenNext();
        }
    }

    private void Send(QuicStreamHandle stream)
    {
        int length;
        int taken;
        do
        {
            length = Math.Min(_unsent, Content.Length);
            taken = stream.Write(Content.AsSpan(0, length), completeWrites: length == _unsent);
            _unsent -= taken;
        }
        while (taken == length && _unsent > 0);
    }
}
