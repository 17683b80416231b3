namespace HotQuic;

/// <summary>
/// What a <see cref="QuicServer"/> tells and asks. <see cref="OnInitial"/> and <see cref="OnConnection"/> run on the thread of a shard, of
/// several shards at a time: they must not block. The others run on the thread pool, one at a time, in order. Every member of the server may be
/// called in any of them. Calls may begin before <see cref="QuicServer.Start"/> has returned.
/// </summary>
public abstract class QuicServerHandler
{
    /// <summary>
    /// The first datagram of an attempt has come to an address that the server listens on; nothing is kept of it yet. Several servers on one
    /// port are all asked, since only the ClientHello tells which of them is meant: then the mildest answer counts, and a Retry that any of
    /// them wants. Throwing refuses the attempt.
    /// </summary>
    /// <param name="initial">What is known.</param>
    /// <returns>What is to be done; by default what the options say.</returns>
    public virtual QuicAddressCheck OnInitial(in QuicInitialInfo initial) => QuicAddressCheck.Default;

    /// <summary>
    /// A ClientHello has come that the server was chosen for: accept it, reject it, or keep its handle and decide later, for as long as
    /// the handshake may take. Throwing rejects it.
    /// </summary>
    /// <param name="attempt">What the client wants; valid during the call.</param>
    public abstract void OnConnection(QuicConnectionAttempt attempt);

    /// <summary>The memory that unfinished handshakes hold has passed <see cref="QuicServerOptions.RetryMemoryFraction"/>, or fallen back. Exceptions are ignored.</summary>
    /// <param name="isOn">Whether clients have to prove their addresses from now on.</param>
    public virtual void OnRetryModeChanged(bool isOn)
    {
    }

    /// <summary>
    /// The server has stopped: the last call of a start. It may be started again, or disposed of, in this very call. Exceptions are ignored.
    /// </summary>
    /// <param name="server">The server.</param>
    public virtual void OnStopped(QuicServer server)
    {
    }
}
