using System.Diagnostics;
using System.Net;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Handlers;

/// <summary>
/// Works one copy of the handshake scenario: <see cref="RunAsync"/> makes a connection, which is closed once it is connected; the call that
/// tells its end makes the next.
/// </summary>
internal sealed class HandshakeCopy(LoadCopy copy, QuicClientConfiguration configuration, IPEndPoint server, HandledLedger ledger)
    : QuicConnectionHandler
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _start;
    private bool _isConnected;

    /// <summary>Works until the copy is over.</summary>
    public Task RunAsync()
    {
        ConnectNext();
        return _ended.Task;
    }

    public override void OnConnected(QuicConnectionHandle connection)
    {
        _isConnected = true;
        ledger.Add(connection);
        copy.Count(_start, 0);

        // Not at once: the message comes after what completes the handshake for the server has been sent.
        connection.Post(CloseOrder.Instance);
    }

    public override void OnMessage(QuicConnectionHandle connection, object? message)
    {
        if (message is CloseOrder)
        {
            connection.Close(PerfProtocol.NoError);
        }
        else
        {
            ledger.Answer(connection);
        }
    }

    public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
    {
        if (!_isConnected)
        {
            _ended.SetException(reason.ToException());
            return;
        }

        ledger.Retire(connection);
        if (copy.IsOver)
        {
            _ended.SetResult();
        }
        else
        {
            ConnectNext();
        }
    }

    private void ConnectNext()
    {
        _isConnected = false;
        _start = Stopwatch.GetTimestamp();
        QuicClient.Connect(configuration, server, this);
    }
}
