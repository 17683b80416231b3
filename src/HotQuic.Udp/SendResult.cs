namespace HotQuic.Udp;

/// <summary>How a <see cref="UdpSocket.Send"/> ended.</summary>
internal enum SendStatus : byte
{
    /// <summary>The whole train was taken.</summary>
    Sent,

    /// <summary>The socket's buffer is full. The waiter reports <see cref="UdpReadiness.Writable"/> when there is room again.</summary>
    WouldBlock,

    /// <summary>The system refused; <see cref="SendResult.Error"/> says why. Sending the same again gives the same.</summary>
    Failed,
}

/// <summary>
/// How a <see cref="UdpSocket.Send"/> ended, and how far it came: what a train holds beyond the first datagrams may be left over.
/// </summary>
/// <param name="Status">How it ended.</param>
/// <param name="BytesSent">Bytes of the payload that were taken, always whole datagrams.</param>
/// <param name="Error">With <see cref="SendStatus.Failed"/>, why.</param>
internal readonly record struct SendResult(SendStatus Status, int BytesSent, UdpErrorKind Error = UdpErrorKind.None);
