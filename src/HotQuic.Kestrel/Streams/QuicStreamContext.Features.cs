using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HotQuic.Kestrel.Streams;

/// <summary>What the stream offers as features, beside a few of its connection.</summary>
internal sealed partial class QuicStreamContext :
    IPersistentStateFeature,
    IStreamDirectionFeature,
    IProtocolErrorCodeFeature,
    IStreamIdFeature,
    IStreamAbortFeature,
    IStreamClosedFeature,
    IConnectionIdFeature,
    IConnectionItemsFeature,
    IConnectionLifetimeFeature,
    IConnectionEndPointFeature
{
    private static readonly HashSet<Type> OfferedFeatures =
    [
        typeof(IPersistentStateFeature), typeof(IStreamDirectionFeature), typeof(IProtocolErrorCodeFeature), typeof(IStreamIdFeature),
        typeof(IStreamAbortFeature), typeof(IStreamClosedFeature), typeof(IConnectionIdFeature), typeof(IConnectionItemsFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature),
    ];

    /// <summary>Those of the connection, which an application asks a request for.</summary>
    private static readonly HashSet<Type> SharedFeatures =
    [
        typeof(ITlsConnectionFeature), typeof(ITlsHandshakeFeature), typeof(IMemoryPoolFeature), typeof(IQuicConnectionStatisticsFeature),
        typeof(IConnectionMetricsTagsFeature),
    ];

    private Dictionary<object, object?>? _state;

    public bool CanRead { get; private set; }

    public bool CanWrite { get; private set; }

    public long StreamId { get; private set; }

    /// <summary>The code that an abort sends, or that the client aborted with; -1 where there is none.</summary>
    public long Error
    {
        get => Volatile.Read(ref _error);
        set => Volatile.Write(ref _error, value);
    }

    IDictionary<object, object?> IPersistentStateFeature.State => _state ??= [];

    public void AbortRead(long errorCode, ConnectionAbortedException abortReason)
    {
        if (CanRead)
        {
            TryAbort(QuicAbortDirection.Read, errorCode, abortReason);
        }
    }

    public void AbortWrite(long errorCode, ConnectionAbortedException abortReason)
    {
        if (CanWrite)
        {
            TryAbort(QuicAbortDirection.Write, errorCode, abortReason);
        }
    }

    void IStreamClosedFeature.OnClosed(Action<object?> callback, object? state)
    {
        ArgumentNullException.ThrowIfNull(callback);
        lock (_gate)
        {
            if (!_isAborted)
            {
                (_closedCallbacks ??= []).Add(new ClosedCallback(callback, state));
                return;
            }
        }

        callback(state);
    }
}
