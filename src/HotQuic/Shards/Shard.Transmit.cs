using HotQuic.Connections;
using HotQuic.Core.Connections;
using HotQuic.Udp;

namespace HotQuic.Shards;

/// <summary>What goes: those connections that have something to send, in turns of one train.</summary>
internal sealed partial class Shard
{
    /// <summary>Trains sent before what has come is looked at again, so that sending never starves receiving.</summary>
    private const int TrainsPerTurn = 16;

    private bool TransmitAll()
    {
        int trains = 0;
        while (trains < TrainsPerTurn && _senders.TryDequeue(out ConnectionDriver? driver))
        {
            if (driver.IsDrained)
            {
                driver.IsLinedUp = false;
                driver.OnOutOfLine();
            }
            else if (driver.Socket.IsBlocked)
            {
                // A parked connection counts as lined up: it comes back when the socket is writable.
                driver.Socket.Park(driver);
                SettleWithoutRoom(driver);
            }
            else
            {
                driver.IsLinedUp = false;
                trains += Transmit(driver);
            }
        }

        return trains > 0;
    }

    /// <summary>
    /// The application is about to close the connection, after which nothing of its streams is sent: one train of what was written before goes
    /// now, such as the last word that a protocol says before it closes.
    /// </summary>
    public void TransmitBeforeClose(ConnectionDriver driver)
    {
        if (!driver.IsDrained && !driver.Socket.IsBlocked)
        {
            Transmit(driver);
        }
    }

    /// <summary>Sends one train of a connection, and lines it up again where there may be another. Gives the number of trains sent.</summary>
    private int Transmit(ConnectionDriver driver)
    {
        if (driver.IsReleased)
        {
            // It stood in line when its memory went back.
            return 0;
        }

        Train train;
        try
        {
            train = driver.Core.Transmit(Now, _sendBuffer);
        }
        catch (Exception exception)
        {
            driver.OnFault(exception);
            return 0;
        }

        if (train.IsEmpty)
        {
            Settle(driver);
            return 0;
        }

        driver.Publish();
        driver.Socket.Send(_sendBuffer.AsSpan(0, train.Length), train, out UdpErrorKind refusal);
        if (refusal is UdpErrorKind.NetworkUnreachable or UdpErrorKind.HostUnreachable or UdpErrorKind.PortUnreachable
            or UdpErrorKind.LocalAddressUnavailable or UdpErrorKind.NotPermitted)
        {
            driver.OnUnreachable();
            Touch(driver);
        }

        if (driver.Core.Streams.HasEvents)
        {
            // Data left, so that a writer has room again.
            Touch(driver);
        }

        LineUp(driver);
        return 1;
    }

    /// <summary>The connection has nothing to send now: its deadline is known.</summary>
    private void Settle(ConnectionDriver driver)
    {
        driver.OnNothingToSend();
        if (!driver.IsDrained)
        {
            _timers.Set(driver, driver.Core.NextDeadline);
        }
    }

    /// <summary>The connection can send nothing now: only its end is worth waking for.</summary>
    private void SettleWithoutRoom(ConnectionDriver driver) => _timers.Set(driver, driver.Core.DeadlineWithoutRoom);
}
