using HotQuic.Handshakes;
using HotQuic.Options;

namespace HotQuic;

/// <summary>
/// What a client is for its connections: protocols, how servers prove who they are, limits, timeouts. <see cref="Create"/> checks and
/// prepares the options once; the result never changes and serves any number of <see cref="QuicClient.Connect"/>s, on any thread.
/// </summary>
public sealed class QuicClientConfiguration
{
    private QuicClientConfiguration(ClientAttempt attempt)
    {
        Attempt = attempt;
    }

    internal ClientAttempt Attempt { get; }

    /// <summary>Checks the options and prepares what is dear. Later changes of the options have no effect.</summary>
    /// <param name="options">
    /// The options. <see cref="QuicClientConnectionOptions.RemoteEndPoint"/> is not used to connect, but its host is the name that the
    /// server's certificate is to prove where <see cref="System.Net.Security.SslClientAuthenticationOptions.TargetHost"/> gives none: one of
    /// the two must be set. <see cref="QuicConnectionOptions.StreamCapacityCallback"/> is not used:
    /// <see cref="QuicConnectionHandler.OnStreamsAvailable"/> tells.
    /// </param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ArgumentException">An option is missing or out of its range; the message names it.</exception>
    public static QuicClientConfiguration Create(QuicClientConnectionOptions options)
    {
        OptionChecks.CheckWithoutEndPoint(options, nameof(options));
        if (string.IsNullOrEmpty(options.ClientAuthenticationOptions.TargetHost) && options.RemoteEndPoint is null)
        {
            throw new ArgumentException("Expected a TargetHost, or a RemoteEndPoint whose host is the name that the server is to prove.", nameof(options));
        }

        return new QuicClientConfiguration(new ClientAttempt(options));
    }
}
