using HotQuic.Core.Datagrams;

namespace HotQuic.Handlers;

/// <summary>Datagrams of an application that is called (RFC 9221).</summary>
internal sealed partial class HandledConnection
{
    private long _lastDatagramId;

    /// <summary>Queues a datagram; the ID comes back with its outcome.</summary>
    public bool TrySendDatagram(ReadOnlySpan<byte> data, out long id)
    {
        id = _lastDatagramId + 1;
        if (!TrySendDatagram(data, (ulong)id))
        {
            return false;
        }

        _lastDatagramId = id;
        return true;
    }

    /// <summary>Queues a datagram whose outcome is not told.</summary>
    public bool TrySendDatagram(ReadOnlySpan<byte> data) => TrySendDatagram(data, token: 0);

    public override void OnDatagramReceived()
    {
        while (_isConnected && !IsOver && Driver.Core.Datagrams.TryPeek(out ReadOnlySpan<byte> data))
        {
            try
            {
                Handler.OnDatagram(Handle, data);
            }
            catch (Exception exception)
            {
                OnHandlerFault(exception);
            }

            Driver.Core.Datagrams.Remove();
        }
    }

    public override void OnDatagramReport(in DatagramReport report)
    {
        if (IsOver)
        {
            return;
        }

        QuicDatagramOutcome outcome = report.Outcome switch
        {
            DatagramOutcome.Acknowledged => QuicDatagramOutcome.Acknowledged,
            DatagramOutcome.Lost => QuicDatagramOutcome.Lost,
            _ => QuicDatagramOutcome.Discarded,
        };
        try
        {
            Handler.OnDatagramOutcome(Handle, (long)report.Token, outcome);
        }
        catch (Exception exception)
        {
            OnHandlerFault(exception);
        }
    }

    private bool TrySendDatagram(ReadOnlySpan<byte> data, ulong token)
    {
        DatagramQueues datagrams = Driver.Core.Datagrams;
        int limit = datagrams.MaxDataLength;
        if (limit >= 0 && data.Length > limit)
        {
            throw new ArgumentException($"Expected a datagram of at most {limit} bytes: it has {data.Length}.", nameof(data));
        }

        bool isQueued = _isConnected && !IsOver && datagrams.TrySend(data, token) == DatagramSendResult.Queued;
        if (isQueued)
        {
            Driver.Touch();
        }

        return isQueued;
    }
}
