using HotQuic.Load.Protocol;

namespace HotQuic.Load.Handlers;

/// <summary>The control stream of a load's connection: <see cref="Send"/> gives the order, <see cref="Accepted"/> ends with the reply to it.</summary>
internal sealed class OrderStream(WorkOrder work) : QuicStreamHandler
{
    private readonly TaskCompletionSource _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ControlLines _lines = new();

    /// <summary>Fails where the server cannot do the work, or does not keep to the protocol.</summary>
    public Task Accepted => _accepted.Task;

    /// <summary>Sends the order, which the send buffer has always room for.</summary>
    public void Send(QuicStreamHandle stream) =>
        stream.Write(ControlLines.ToLine(new(work), ControlJson.Default.ControlRequest), completeWrites: true);

    /// <summary>There is no reply.</summary>
    public void Fail(Exception exception) => _accepted.TrySetException(exception);

    public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        try
        {
            _lines.Add(data);
            if (_lines.TryTake(ControlJson.Default.ControlReply)?.Checked() is not null)
            {
                _accepted.TrySetResult();
            }
            else if (isEnd)
            {
                Fail(new InvalidDataException("The server ended the control stream."));
            }
        }
        catch (InvalidDataException e)
        {
            Fail(e);
        }

        return data.Length;
    }
}
