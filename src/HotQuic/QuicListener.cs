using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using HotQuic.Options;
using HotQuic.Ports;

namespace HotQuic;

/// <summary>
/// Listens on a UDP port for QUIC connections: <see cref="ListenAsync"/>, then <see cref="AcceptConnectionAsync"/> again and again, then
/// <see cref="DisposeAsync"/>. All members may be called from any thread, several accepts at a time too.
/// </summary>
/// <remarks>
/// <code>
///          ListenAsync            DisposeAsync                     port free, or left to others
///   (none) ───────────► Started ───────────────► Stopping ───────────────────────────────────► Disposed
///             │ throws     │ accepts go on          │ accepts throw, handshakes are given up
///             ▼
///          (none)
/// </code>
/// </remarks>
public sealed class QuicListener : IAsyncDisposable
{
    private readonly QuicEngine _engine;
    private readonly PortBinding _binding;
    private readonly AcceptQueueEntry _entry;
    private readonly ListenerRecord _record;
    private Task? _disposal;

    private QuicListener(QuicEngine engine, PortBinding binding, AcceptQueueEntry entry, IPEndPoint asked)
    {
        _engine = engine;
        _binding = binding;
        _entry = entry;
        _record = new ListenerRecord(entry.Counters);
        _record.OnStarted([binding]);
        LocalEndPoint = new IPEndPoint(asked.Address, binding.Port!.Number);
    }

    /// <summary>Whether listening works on this system: always true, since there is nothing native to miss.</summary>
    public static bool IsSupported => true;

    /// <summary>Where it listens, with the real port; address and family are those asked for.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Starts to listen. The port is taken when the task ends.</summary>
    /// <param name="options">Where, for which protocols, and who gives the options of connections.</param>
    /// <param name="cancellationToken">Checked before anything is done.</param>
    /// <returns>The listener.</returns>
    /// <exception cref="ArgumentException">An option is missing or out of its range; the message names it.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound, such as where another socket holds the port.</exception>
    /// <exception cref="QuicException">Another listener of the process takes one of the protocols on the same address and port (<see cref="QuicError.AlpnInUse"/>).</exception>
    public static ValueTask<QuicListener> ListenAsync(QuicListenerOptions options, CancellationToken cancellationToken = default)
    {
        OptionChecks.Check(options, nameof(options));
        return ListenOnAsync(QuicEngine.Default, options, cancellationToken);
    }

    /// <summary>Waits for a connection whose handshake is complete.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>To be awaited once: the connection, which is the caller's, and lives on when the listener is disposed of.</returns>
    /// <exception cref="ObjectDisposedException">The listener is disposed of, or was while this waited.</exception>
    /// <exception cref="QuicException">A handshake failed, or its options callback did; the listener goes on.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">A handshake failed by TLS; the listener goes on.</exception>
    /// <exception cref="ArgumentException">The options callback gave options that cannot be used; the listener goes on.</exception>
    /// <exception cref="PlatformNotSupportedException">The options callback asked for a connection without encryption; the listener goes on.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<QuicConnection> AcceptConnectionAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        AcceptItem item;
        try
        {
            item = await _entry.Accepted.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(QuicListener));
        }

        _entry.OnAccepted();
        GC.KeepAlive(this);
        return item.Connection ?? throw item.Failure!.ToException();
    }

    /// <summary>Stops listening: waiting accepts throw, handshakes in progress are given up; accepted connections live on.</summary>
    /// <returns>Ends when the listener's protocols, and the port where nobody else uses it, are free.</returns>
    public ValueTask DisposeAsync()
    {
        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _disposal, completion.Task, null) is null)
        {
            _ = StopAsync(completion);
        }

        return new ValueTask(_disposal);
    }

    /// <summary>What the listener has seen so far. Takes no lock.</summary>
    /// <returns>The numbers of this moment.</returns>
    public QuicListenerStatistics GetStatistics() => _record.Read(_entry.IsRetryOn);

    /// <inheritdoc/>
    public override string ToString() => $"Listener on {LocalEndPoint}";

    internal static ValueTask<QuicListener> ListenOnAsync(QuicEngine engine, QuicListenerOptions options, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<QuicListener>(cancellationToken);
        }

        try
        {
            var entry = new AcceptQueueEntry(options, new ListenerCounters(ListenerMetrics.Counters), engine.Handshakes);
            IPEndPoint asked = options.ListenEndPoint;

            // As in System.Net.Quic, the IPv6 wildcard means both families.
            IPAddress? address = asked.Address.Equals(IPAddress.IPv6Any) ? null : asked.Address;
            var binding = new PortBinding(entry, address, asked.Port, new ProtocolNames(options.ApplicationProtocols));
            engine.Ports.Add([binding]);
            return ValueTask.FromResult(new QuicListener(engine, binding, entry, asked));
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<QuicListener>(exception);
        }
    }

    private async Task StopAsync(TaskCompletionSource completion)
    {
        try
        {
            _entry.Stop();
            await _engine.Ports.Remove([_binding]).ConfigureAwait(false);
            _record.OnStopped();
        }
        finally
        {
            completion.SetResult();
        }
    }
}
