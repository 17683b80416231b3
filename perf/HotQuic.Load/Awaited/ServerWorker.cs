using HotQuic.Load.Protocol;

namespace HotQuic.Load.Awaited;

/// <summary>
/// The server's end of one stream after the other: <see cref="RunAsync"/> accepts a stream, does what the work order says, and goes
/// on to the next until the connection ends. Several work on one connection; one keeps its buffer for life, so that a stream costs
/// nothing here but what the engine itself allocates.
/// </summary>
internal sealed class ServerWorker(QuicConnection connection, WorkOrder work, Action<int> countReceived)
{
    private readonly byte[] _buffer = new byte[PerfProtocol.BufferSize(work.Scenario, work.ResponseSize)];

    /// <summary>
    /// Serves streams until the connection ends. The response is written here and not in a method of its own, whose state would be
    /// allocated where more streams are under way than its pool holds.
    /// </summary>
    public async Task RunAsync()
    {
        while (true)
        {
            try
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync();
                int read;
                while ((read = await stream.ReadAsync(_buffer)) > 0)
                {
                    countReceived(read);
                }

                long left = work.AnswerLength;
                for (bool isComplete = false; !isComplete;)
                {
                    int length = (int)Math.Min(left, _buffer.Length);
                    left -= length;
                    isComplete = left == 0;
                    await stream.WriteAsync(_buffer.AsMemory(0, length), completeWrites: isComplete);
                }
            }
            catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
            {
                // The client has had enough of this stream: next one.
            }
            catch (Exception e) when (PeerFailures.IsOne(e))
            {
                return;
            }
        }
    }
}
