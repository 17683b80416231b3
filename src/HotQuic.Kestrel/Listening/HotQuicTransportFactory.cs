using System.Buffers;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using HotQuic.Kestrel.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HotQuic.Kestrel.Listening;

/// <summary>
/// Binds Kestrel's HTTP/3 endpoints: Kestrel calls <see cref="CanBind"/>, then <see cref="BindAsync"/> for each endpoint, with the
/// <see cref="TlsConnectionCallbackOptions"/> made from its HTTPS options.
/// </summary>
internal sealed class HotQuicTransportFactory : IMultiplexedConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly TransportServices _services;

    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    public HotQuicTransportFactory(
        IOptions<HotQuicTransportOptions> options, ILoggerFactory logs, IMeterFactory? meters = null, IMemoryPoolFactory<byte>? pools = null)
    {
        _services = new TransportServices(
            options.Value,
            logs.CreateLogger(TransportLog.Category),
            new TransportMetrics(meters),
            pools?.Create(new MemoryPoolOptions { Owner = "hotquic" }) ?? MemoryPool<byte>.Shared);
    }

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public async ValueTask<IMultiplexedConnectionListener> BindAsync(
        EndPoint endpoint, IFeatureCollection? features = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint is not IPEndPoint address)
        {
            throw new NotSupportedException($"Cannot listen on {endpoint}: expected an IPEndPoint, as QUIC runs over UDP.");
        }

        TlsConnectionCallbackOptions tls = features?.Get<TlsConnectionCallbackOptions>()
            ?? throw new InvalidOperationException("HTTP/3 needs HTTPS: expected TlsConnectionCallbackOptions among the features, which UseHttps sets.");
        if (tls.ApplicationProtocols is not { Count: > 0 })
        {
            throw new InvalidOperationException("Expected at least one application protocol in TlsConnectionCallbackOptions.ApplicationProtocols.");
        }

        var listener = new HotQuicConnectionListener(_services, tls);
        try
        {
            await listener.StartAsync(address, cancellationToken).ConfigureAwait(false);
        }
        catch (QuicException exception) when (exception.QuicError == QuicError.AlpnInUse)
        {
            throw new AddressInUseException(exception.Message, exception);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // Whoever looks for the culprit among the listeners of TCP finds none.
            throw new AddressInUseException($"The UDP port of {address} is in use, which HTTP/3 needs.", exception);
        }

        return listener;
    }
}
