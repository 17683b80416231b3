namespace HotQuic;

/// <summary>What a server wants done with the first datagram of an attempt; see <see cref="QuicServerHandler.OnInitial"/>.</summary>
public enum QuicAddressCheck
{
    /// <summary>As <see cref="QuicServerOptions.RetryMode"/> has it.</summary>
    Default,

    /// <summary>The client has to prove its address by a Retry, unless it has done so already (RFC 9000 §8.1.2).</summary>
    Retry,

    /// <summary>The client is told CONNECTION_REFUSED (RFC 9000 §20.1).</summary>
    Refuse,

    /// <summary>Not a word to the client.</summary>
    Drop,
}
