using System.Buffers.Binary;
using HotQuic;

namespace RequestService;

/// <summary>A client's stream: sends the requests as fast as the send buffer takes them, and reads the responses as they come.</summary>
internal sealed class CounterRequests : QuicStreamHandler
{
    private const int RequestsInBlock = 100;

    private readonly CounterJob _job;
    private readonly byte[] _block = new byte[RequestsInBlock * CounterProtocol.RequestLength];
    private readonly byte[] _response = new byte[CounterProtocol.ResponseLength];
    private long _sent;
    private int _responseLength;
    private int _answered;
    private long _value;
    private long _allocatedBefore;

    public CounterRequests(CounterJob job)
    {
        _job = job;
        for (int i = 0; i < RequestsInBlock; i++)
        {
            Span<byte> request = _block.AsSpan(i * CounterProtocol.RequestLength);
            BinaryPrimitives.WriteUInt16LittleEndian(request, job.Counter);
            BinaryPrimitives.WriteInt64LittleEndian(request[sizeof(ushort)..], job.Delta);
        }
    }

    /// <summary>What came of it; null until everything was answered.</summary>
    public string? Summary { get; private set; }

    public void Begin(QuicStreamHandle stream) => Send(stream);

    public override void OnWritable(QuicStreamHandle stream) => Send(stream);

    public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        for (ReadOnlySpan<byte> rest = data; !rest.IsEmpty;)
        {
            int taken = Math.Min(rest.Length, CounterProtocol.ResponseLength - _responseLength);
            rest[..taken].CopyTo(_response.AsSpan(_responseLength));
            rest = rest[taken..];
            _responseLength += taken;
            if (_responseLength == CounterProtocol.ResponseLength)
            {
                _responseLength = 0;
                OnResponse();
            }
        }

        if (isEnd)
        {
            Finish(stream.Connection);
        }

        return data.Length;
    }

    public override void OnReadingAborted(QuicStreamHandle stream, long errorCode) => stream.Connection.Close(CounterProtocol.GivenUp);

    private void OnResponse()
    {
        _value = BinaryPrimitives.ReadInt64LittleEndian(_response);
        _answered++;
        if (_answered == (_job.Requests + 1) / 2)
        {
            // By now the pools have what they need.
            _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        }
    }

    private void Finish(QuicConnectionHandle connection)
    {
        if (_answered == _job.Requests)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore;
            QuicConnectionStatistics statistics = connection.GetStatistics();
            Summary = $"Counter {_job.Counter} is {_value} after {_answered} requests: {allocated / _answered} bytes allocated for each, "
                + $"round trip {statistics.SmoothedRtt.TotalMilliseconds:0.000} ms, {statistics.PacketsSent} packets sent";
        }

        connection.Close(CounterProtocol.NoError);
    }

    private void Send(QuicStreamHandle stream)
    {
        long length = (long)_job.Requests * CounterProtocol.RequestLength;
        while (_sent < length)
        {
            int offset = (int)(_sent % _block.Length);
            ReadOnlySpan<byte> next = _block.AsSpan(offset, (int)Math.Min(_block.Length - offset, length - _sent));
            int taken = stream.Write(next, completeWrites: _sent + next.Length == length);
            _sent += taken;
            if (taken < next.Length)
            {
                // The rest follows when there is room: OnWritable.
                return;
            }
        }
    }
}
