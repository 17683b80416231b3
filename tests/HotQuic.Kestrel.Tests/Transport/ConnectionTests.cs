using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HotQuic.Kestrel.Tests.Transport;

/// <summary>How connections end, and what accepting streams then gives (K6, K7).</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task K6_TheClientsCloseResetsTheConnectionAndLeavesItsCode()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        Task<ConnectionContext?> accepting = pair.Server.AcceptAsync().AsTask();
        Task closed = WhenCancelled(pair.Server.ConnectionClosed);
        await pair.Client.CloseAsync(42).OrFail();
        await Assert.ThrowsAsync<ConnectionResetException>(() => accepting.OrFail());
        Assert.Equal(42, pair.Server.Features.Get<IProtocolErrorCodeFeature>()!.Error);
        await closed.OrFail();
        await Assert.ThrowsAsync<ConnectionResetException>(() => pair.Server.AcceptAsync().OrFail());
    }

    [Fact]
    public async Task K6_AnAbortHereGivesItsReason()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        Task<ConnectionContext?> accepting = pair.Server.AcceptAsync().AsTask();
        var reason = new ConnectionAbortedException("for the test");
        pair.Server.Features.Get<IProtocolErrorCodeFeature>()!.Error = 77;
        pair.Server.Abort(reason);
        Assert.Same(reason, await Assert.ThrowsAsync<ConnectionAbortedException>(() => accepting.OrFail()));
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => pair.Client.AcceptInboundStreamAsync().OrFail());
        Assert.Equal((QuicError.ConnectionAborted, 77), (exception.QuicError, exception.ApplicationErrorCode));
    }

    [Fact]
    public async Task K6_ACancelledAcceptGivesNullAndALaterOneWorks()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        using var source = new CancellationTokenSource();
        Task<ConnectionContext?> accepting = pair.Server.AcceptAsync(source.Token).AsTask();
        await source.CancelAsync();
        Assert.Null(await accepting.OrFail());
        await pair.OpenAsync();
    }

    [Fact]
    public async Task K7_AnAbortWithoutACodeSendsTheDefaultAndConnectionClosedStays()
    {
        await using TransportPair pair = await TransportPair.StartAsync(options => options.DefaultCloseErrorCode = 0x333);
        Task<ConnectionContext?> accepting = pair.Server.AcceptAsync().AsTask();
        pair.Server.Abort();
        await Assert.ThrowsAsync<ConnectionAbortedException>(() => accepting.OrFail());
        Assert.Equal(0x333, await CodeAtClientAsync(pair));
        Assert.False(pair.Server.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task K7_DisposalSendsTheDefaultAndAnAbortAfterItDoesNothing()
    {
        await using TransportPair pair = await TransportPair.StartAsync(options => options.DefaultCloseErrorCode = 0x444);
        await pair.Server.DisposeAsync().OrFail();
        pair.Server.Abort(new ConnectionAbortedException("too late"));
        Assert.Equal(0x444, await CodeAtClientAsync(pair));
        Assert.False(pair.Server.ConnectionClosed.IsCancellationRequested);
        Assert.DoesNotContain(pair.Log.Entries, entry => entry.Event.Name == "ConnectionAbort");
        Assert.Null(await pair.Server.AcceptAsync().OrFail());
    }

    [Fact]
    public async Task K7_ASecondAbortKeepsTheFirstReason()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        var first = new ConnectionAbortedException("first");
        pair.Server.Abort(first);
        pair.Server.Abort(new ConnectionAbortedException("second"));
        Assert.Same(first, await Assert.ThrowsAsync<ConnectionAbortedException>(() => pair.Server.AcceptAsync().OrFail()));
    }

    /// <summary>K7: statistics outlive the connection, for whoever logs them at its end.</summary>
    [Fact]
    public async Task K7_StatisticsStayAfterDisposal()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        await pair.ExchangeAsync();
        await pair.Server.DisposeAsync().OrFail();
        QuicConnectionStatistics statistics = pair.Server.Features.Get<IQuicConnectionStatisticsFeature>()!.GetStatistics();
        Assert.True(statistics.PacketsReceived > 0);
        Assert.Equal(1, statistics.BidirectionalStreamsReceived);
    }

    [Fact]
    public async Task K11_StreamsAreOpenedInTheDirectionAskedFor()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        var features = new FeatureCollection();
        features.Set<IStreamDirectionFeature>(new Direction(CanRead: false, CanWrite: true));
        ConnectionContext control = await pair.Server.ConnectAsync(features).OrFail();
        await control.Transport.Output.WriteAsync("control"u8.ToArray()).OrFail();
        await using QuicStream seen = await pair.Client.AcceptInboundStreamAsync().OrFail();
        Assert.Equal(QuicStreamType.Unidirectional, seen.Type);
        Assert.Equal(seen.Id, control.Features.Get<IStreamIdFeature>()!.StreamId);
        IStreamDirectionFeature direction = control.Features.Get<IStreamDirectionFeature>()!;
        Assert.Equal((false, true), (direction.CanRead, direction.CanWrite));
        await control.Transport.Output.CompleteAsync();
        Assert.Equal("control", await seen.ReadToEndAsync());
        await control.DisposeAsync().OrFail();
    }

    private static async Task<long?> CodeAtClientAsync(TransportPair pair)
    {
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => pair.Client.AcceptInboundStreamAsync().OrFail());
        Assert.Equal(QuicError.ConnectionAborted, exception.QuicError);
        return exception.ApplicationErrorCode;
    }

    private static Task WhenCancelled(CancellationToken token)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => source.SetResult());
        return source.Task;
    }

    private sealed record Direction(bool CanRead, bool CanWrite) : IStreamDirectionFeature;
}
