using HotQuic.Core.Datagrams;
using HotQuic.Datagrams;
using HotQuic.Errors;
using HotQuic.Shards;

namespace HotQuic.Connections;

/// <summary>
/// Datagrams of an application that awaits (RFC 9221): each send is a pooled object that the shard settles, the one receive under way takes
/// the oldest datagram straight out of the connection's queue. What exists only where datagrams are used is made with the first.
/// </summary>
internal sealed partial class AwaitedConnection
{
    private Dictionary<ulong, DatagramSend>? _sends;
    private DatagramReceive? _receiving;
    private ulong _lastToken;

    /// <summary>Whether the options let datagrams come in at all. From any thread, once connected.</summary>
    public bool CanReceiveDatagrams => Driver.LocalParameters is { MaxDatagramFrameSize: > 0 };

    /// <summary>The one receive that can be under way. From any thread, which afterwards asks whether the life was still its own.</summary>
    public DatagramReceive Receiving
    {
        get
        {
            if (Volatile.Read(ref _receiving) is { } existing)
            {
                return existing;
            }

            var made = new DatagramReceive();
            return Interlocked.CompareExchange(ref _receiving, made, null) ?? made;
        }
    }

    public override void OnDatagramReceived()
    {
        if (Volatile.Read(ref _receiving) is { IsWaiting: true } waiting)
        {
            Receive(waiting);
        }
    }

    public override void OnDatagramReport(in DatagramReport report)
    {
        // A second report, for one that was declared lost too early, finds nobody.
        if (_sends is not null && _sends.Remove(report.Token, out DatagramSend? send))
        {
            send.Settle(report.Outcome switch
            {
                DatagramOutcome.Acknowledged => QuicDatagramOutcome.Acknowledged,
                DatagramOutcome.Lost => QuicDatagramOutcome.Lost,
                _ => QuicDatagramOutcome.Discarded,
            });
        }
    }

    private void OnDatagramMessage(in ShardMessage message)
    {
        switch ((ConnectionMessageKind)message.Kind)
        {
            case ConnectionMessageKind.SendDatagram:
                OnSend((DatagramSend)message.Argument!, (short)message.Value);
                break;
            case ConnectionMessageKind.CancelSendDatagram:
                OnCancelSend((DatagramSend)message.Argument!, (short)message.Value);
                break;
            case ConnectionMessageKind.ReceiveDatagram:
                OnReceive((DatagramReceive)message.Argument!, (short)message.Value);
                break;
            case ConnectionMessageKind.CancelReceiveDatagram:
                OnCancelReceive((DatagramReceive)message.Argument!, (short)message.Value);
                break;
        }
    }

    private void OnSend(DatagramSend send, short version)
    {
        if (!send.IsCurrent(version))
        {
            // Cancelled before it came.
            return;
        }

        ulong token = send.IsAwaited ? ++_lastToken : 0;
        bool isQueued = Driver.Failure is null && Driver.Core.Datagrams.TrySend(send.Data, token) == DatagramSendResult.Queued;
        if (isQueued && send.IsAwaited)
        {
            send.Token = token;
            _sends ??= [];
            _sends.Add(token, send);
        }
        else
        {
            send.Settle(QuicDatagramOutcome.Discarded);
        }
    }

    private void OnCancelSend(DatagramSend send, short version)
    {
        if (send.IsCancelled(this, version))
        {
            _sends?.Remove(send.Token);
            send.Cancel();
        }
    }

    private void OnReceive(DatagramReceive receiving, short version)
    {
        if (receiving.IsCurrent(version))
        {
            Receive(receiving);
        }
    }

    private void Receive(DatagramReceive receiving)
    {
        if (!Driver.Core.Datagrams.TryPeek(out ReadOnlySpan<byte> data))
        {
            // What came before the connection's end can still be taken.
            if (Driver.Failure is { } failure)
            {
                receiving.Fail(failure.ToException());
            }
            else
            {
                receiving.IsWaiting = true;
            }
        }
        else if (data.TryCopyTo(receiving.Destination.Span))
        {
            int length = data.Length;
            Driver.Core.Datagrams.Remove();
            receiving.Complete(length);
        }
        else
        {
            receiving.Fail(new ArgumentException(
                $"Expected a buffer of at least {data.Length} bytes, the length of the datagram that waits: it has {receiving.Destination.Length}."));
        }
    }

    private static void OnCancelReceive(DatagramReceive receiving, short version)
    {
        if (receiving.IsCancelled(version))
        {
            receiving.Fail(new OperationCanceledException(receiving.Token));
        }
    }

    private void EndDatagrams(Failure failure)
    {
        if (_sends is not null)
        {
            foreach (DatagramSend send in _sends.Values)
            {
                send.Settle(QuicDatagramOutcome.Discarded);
            }

            _sends.Clear();
        }

        if (Volatile.Read(ref _receiving) is { IsWaiting: true } waiting)
        {
            waiting.Fail(failure.ToException());
        }
    }

    /// <summary>A late caller of the life before may still have its <see cref="DatagramReceive"/>: the next life has another.</summary>
    private void ForgetDatagrams()
    {
        _receiving = null;
        _lastToken = 0;
    }
}
