using HotQuic.Connections;
using HotQuic.Datagrams;

namespace HotQuic;

/// <summary>Datagrams: messages that are delivered once or not at all, in no order, and never sent again (RFC 9221).</summary>
public sealed partial class QuicConnection
{
    /// <summary>
    /// The most bytes that a datagram may have now. It follows the path MTU, up and down, and the peer's limit; 0 before the handshake is
    /// complete, and where the peer takes no datagrams.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    public int MaxDatagramSize
    {
        get
        {
            int limit = Driver.MaxDatagramLength;
            ThrowIfGone();
            return Math.Max(0, limit);
        }
    }

    /// <summary>
    /// Sends a datagram and waits for what becomes of it: an acknowledgment, which takes about a round trip, or the sign that it is lost. Any
    /// number may be under way. The data is copied before the method returns.
    /// </summary>
    /// <param name="data">The datagram, 0 to <see cref="MaxDatagramSize"/> bytes.</param>
    /// <param name="cancellationToken">Ends the wait; the datagram may be sent all the same.</param>
    /// <returns>What became of it. An ended connection is no exception here, but <see cref="QuicDatagramOutcome.Discarded"/>.</returns>
    /// <exception cref="ArgumentException">The data is longer than <see cref="MaxDatagramSize"/>; the message says how long it may be.</exception>
    /// <exception cref="InvalidOperationException">The peer takes no datagrams (its <see cref="QuicTransportOptions.MaxDatagramFrameSize"/> is 0).</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<QuicDatagramOutcome> SendDatagramAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        CheckDatagram(data.Span);
        cancellationToken.ThrowIfCancellationRequested();
        DatagramSend send = DatagramSend.Rent(this, data.Span, isAwaited: true);
        short version = send.Version;
        ValueTask<QuicDatagramOutcome> outcome = send.Await(cancellationToken);
        Post(ConnectionMessageKind.SendDatagram, send, version);
        return outcome;
    }

    /// <summary>
    /// Sends a datagram whose outcome nobody wants to know. Where the queue is full, or the connection over, it is discarded and counted
    /// (<see cref="QuicConnectionStatistics.DatagramsDiscarded"/>).
    /// </summary>
    /// <inheritdoc cref="SendDatagramAsync" path="/param[@name='data']|/exception[not(contains(@cref,'OperationCanceledException'))]"/>
    public void SendDatagram(ReadOnlySpan<byte> data)
    {
        CheckDatagram(data);
        DatagramSend send = DatagramSend.Rent(this, data, isAwaited: false);
        Post(ConnectionMessageKind.SendDatagram, send, send.Version);
    }

    /// <summary>
    /// Takes the oldest datagram that was received, waiting for one. Where nobody takes them, the oldest are dropped once
    /// <see cref="QuicTransportOptions.DatagramQueueLength"/> or <see cref="QuicTransportOptions.DatagramBufferSize"/> is reached, and counted
    /// (<see cref="QuicConnectionStatistics.DatagramsDropped"/>). One receive may be under way at a time. What came before the connection's
    /// end can be taken after it.
    /// </summary>
    /// <param name="buffer">
    /// Where to put the datagram; it belongs to the connection until the receive has ended. <see cref="QuicTransportOptions.MaxDatagramFrameSize"/>
    /// bytes are always enough.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; no datagram is lost by that.</param>
    /// <returns>The datagram's length; 0 is a datagram without data.</returns>
    /// <exception cref="ArgumentException">The datagram is longer than the buffer; it stays, and the message says how long it is.</exception>
    /// <exception cref="InvalidOperationException">The options take no datagrams, or a receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    /// <exception cref="QuicException">The connection has ended, and no datagram is left.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<int> ReceiveDatagramAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        bool canReceive = Awaited.CanReceiveDatagrams;
        ThrowIfGone();
        if (!canReceive)
        {
            throw new InvalidOperationException("The options take no datagrams: set Transport.MaxDatagramFrameSize.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        DatagramReceive receiving = Awaited.Receiving;
        ThrowIfGone();
        if (!receiving.TryBegin(this))
        {
            throw new InvalidOperationException("A receive is under way: wait for it before the next.");
        }

        short version = receiving.Version;
        ValueTask<int> result = receiving.Await(buffer, cancellationToken);
        Post(ConnectionMessageKind.ReceiveDatagram, receiving, version);
        return result;
    }

    private void CheckDatagram(ReadOnlySpan<byte> data)
    {
        int limit = Driver.MaxDatagramLength;
        ThrowIfGone();
        if (limit < 0)
        {
            throw new InvalidOperationException("The peer takes no datagrams.");
        }

        if (data.Length > limit)
        {
            throw new ArgumentException($"Expected a datagram of at most {limit} bytes: it has {data.Length}.", nameof(data));
        }
    }
}
