using System.Collections.Immutable;
using HotQuic.Core.Errors;
using HotQuic.Errors;
using HotQuic.Handlers;
using HotQuic.Shards;

namespace HotQuic.Connections;

/// <summary>
/// What a listener of event handlers does with an attempt once its ClientHello has come: accept it, give its configuration, or reject it,
/// there and then or later from any thread (L17 to L21). The handshake waits for both, until its own time limit.
/// </summary>
internal sealed partial class ConnectionDriver
{
    private const long AcceptedBit = 1;
    private const long ConfiguredBit = 2;
    private const int AnswerBits = 2;

    /// <summary>What was answered in this life: its generation, and a bit for each answer, which is given once.</summary>
    private long _answers = InitialAnswers;

    private QuicServerConfiguration? _configuration;

    /// <summary>The protocols of the listener, the preferred first. Set by the listener before its handler is asked.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> ListenerProtocols { get; set; } = [];

    private static long InitialAnswers => 1L << AnswerBits;

    /// <summary>Takes an attempt on. From any thread; the handler is called on the shard.</summary>
    /// <param name="generation">The life that the attempt is.</param>
    /// <param name="configuration">What the server is for it; null: <see cref="ProvideConfiguration(uint, QuicServerConfiguration)"/> follows.</param>
    /// <param name="handler">Who is told what happens.</param>
    /// <param name="state">The connection's state to begin with.</param>
    /// <returns>False where the attempt is over.</returns>
    /// <exception cref="InvalidOperationException">It was accepted or rejected before, or is no server's attempt.</exception>
    public bool AcceptHandled(uint generation, QuicServerConfiguration? configuration, QuicConnectionHandler handler, object? state)
    {
        long bits = AcceptedBit | (configuration is null ? 0 : ConfiguredBit);
        if (!TryAnswer(generation, bits, "The attempt was accepted or rejected before."))
        {
            return false;
        }

        var acceptance = new Acceptance(configuration, handler, state);
        if (Shard.IsCurrent && _failure is null)
        {
            OnAccepted(acceptance);
            Touch();
        }
        else
        {
            // A message carries an object: that an attempt is accepted later, elsewhere, costs this one. So does one that is over: its handler
            // is not told of the end inside the call of another.
            Shard.Post(new ShardMessage(this, (int)ConnectionMessageKind.Accept, acceptance) { Generation = generation });
        }

        return true;
    }

    /// <summary>Gives the configuration that the handshake waits for. From any thread.</summary>
    /// <returns>False where the attempt is over.</returns>
    /// <exception cref="InvalidOperationException">It was given or the attempt rejected before, or it is no server's attempt.</exception>
    public bool ProvideConfiguration(uint generation, QuicServerConfiguration configuration)
    {
        if (!TryAnswer(generation, ConfiguredBit, "The attempt has a configuration, or was rejected."))
        {
            return false;
        }

        Send(generation, ConnectionMessageKind.ProvideConfiguration, configuration);
        return true;
    }

    /// <summary>Refuses the attempt (CONNECTION_REFUSED, RFC 9000 §20.1). From any thread.</summary>
    /// <returns>False where it is over.</returns>
    /// <exception cref="InvalidOperationException">It was accepted or rejected before, or is no server's attempt.</exception>
    public bool Reject(uint generation)
    {
        if (!TryAnswer(generation, AcceptedBit | ConfiguredBit, "The attempt was accepted, configured or rejected before."))
        {
            return false;
        }

        Send(generation, ConnectionMessageKind.Reject, argument: null);
        return true;
    }

    /// <summary>The listener's callback threw: the attempt is turned down or, where it was accepted before, ended as by its handler's fault.</summary>
    public void OnAttemptFault(QuicConnectionHandle handle, Exception exception)
    {
        if (Application is HandledConnection accepted)
        {
            accepted.OnHandlerFault(exception);
        }
        else if (handle.IsValid && (Interlocked.Or(ref _answers, AcceptedBit | ConfiguredBit) & AcceptedBit) == 0)
        {
            OnRejected();
        }
    }

    private bool TryAnswer(uint generation, long bits, string complaint)
    {
        long seen = Volatile.Read(ref _answers);
        while (true)
        {
            if ((uint)(seen >> AnswerBits) != generation)
            {
                return false;
            }

            if ((seen & bits) != 0)
            {
                throw new InvalidOperationException(complaint);
            }

            long before = Interlocked.CompareExchange(ref _answers, seen | bits, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }
    }

    /// <summary>Does it at once on the shard, where the answer is given in the listener's callback.</summary>
    private void Send(uint generation, ConnectionMessageKind kind, object? argument)
    {
        var message = new ShardMessage(this, (int)kind, argument) { Generation = generation };
        if (Shard.IsCurrent)
        {
            OnMessage(message);
        }
        else
        {
            Shard.Post(message);
        }
    }

    private void OnAccepted(in Acceptance acceptance)
    {
        HandledConnection application = Handled;
        application.Begin(acceptance.Handler, acceptance.State);
        Application = application;
        if (_failure is { } failure)
        {
            // It ended before it was accepted, and whoever accepted it has to learn that.
            application.OnClosed(failure);
        }
        else if ((acceptance.Configuration ?? _configuration) is { } configuration)
        {
            ProvideConfiguration(configuration);
        }
    }

    private void OnConfigured(QuicServerConfiguration configuration)
    {
        if (Application is null)
        {
            // Nobody could be told that the handshake is complete: it goes on once the attempt is accepted.
            _configuration = configuration;
        }
        else
        {
            ProvideConfiguration(configuration);
        }
    }

    /// <summary>The attempt was over, and its object perhaps another's, when the answer came.</summary>
    private void OnAcceptedTooLate(in Acceptance acceptance)
    {
        var ended = new ConnectionDriver(Shard);
        ended.Handled.Begin(acceptance.Handler, acceptance.State);
        ended.Application = ended.Handled;
        ended.OnClosed(Failure.AttemptOver);
    }

    private void OnRejected()
    {
        _listener?.Counters.OnRejected();
        Refuse(new TransportError(TransportErrorCode.ConnectionRefused, 0, "The server rejected the connection."));
        ReleaseIfUnused();
    }

    private void ForgetAnswers()
    {
        _configuration = null;
        ListenerProtocols = [];
    }

    /// <summary>What an attempt is accepted with.</summary>
    private readonly record struct Acceptance(QuicServerConfiguration? Configuration, QuicConnectionHandler Handler, object? State);
}
