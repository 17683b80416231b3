using System.Diagnostics;
using HotQuic.Interop.Tests.Peers;
using HotQuic.Interop.Tests.Sides;
using Xunit.Abstractions;

namespace HotQuic.Interop.Tests;

/// <summary>HotQuic with every independent stack, in every case and both directions of <see cref="InteropMatrix"/>.</summary>
[Collection(PeersCollection.Name)]
public sealed class InteropTests(ITestOutputHelper output)
{
    private static readonly TimeSpan PatienceAfterTimeout = TimeSpan.FromSeconds(5);

    [SkippableTheory]
    [MemberData(nameof(InteropMatrix.Rows), MemberType = typeof(InteropMatrix))]
    public async Task Interop(string peer, InteropCase @case, Direction direction)
    {
        string? reason = InteropMatrix.ReasonAgainst(peer, @case, direction);
        Skip.If(reason is not null, reason);
        Peer stack = Peer.ByName(peer);
        TestEnvironment.Require(stack.Missing);
        IHotQuicSide? side = HotQuicSide.Instance;
        Skip.If(side is null, "HotQuic has no public API yet.");

        using CancellationTokenSource timeout = new(TestEnvironment.TestTimeout);
        CasePlan plan = CasePlan.For(stack, @case, direction);
        long start = Stopwatch.GetTimestamp();
        Task test = direction == Direction.HotQuicClient
            ? ConnectAsync(side, stack, plan, timeout.Token)
            : ServeAsync(side, stack, plan, timeout.Token);
        await test.WaitAsync(TestEnvironment.TestTimeout + PatienceAfterTimeout); // should the token not end it
        output.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
    }

    private async Task ConnectAsync(IHotQuicSide side, Peer peer, CasePlan plan, CancellationToken cancellationToken)
    {
        await using PeerServer server = await peer.StartServerAsync(plan.Peer, cancellationToken);
        try
        {
            if (plan.VerifyFailure is { } verifyFailure)
            {
                Task<IHotQuicConnection> Connect() => side.ConnectAsync(server.Port, plan.Side, cancellationToken);
                verifyFailure(await Assert.ThrowsAsync<ConnectFailedException>(Connect));
                return;
            }

            await using IHotQuicConnection connection = await side.ConnectAsync(server.Port, plan.Side, cancellationToken);
            plan.Peer.Work.VerifyDigests(await peer.Protocol.FetchAsync(connection, plan.Peer.Work, cancellationToken));
            Assert.Equal(plan.Side.Alpn, connection.Facts.Alpn);
            plan.VerifyFacts(connection.Facts);
        }
        catch
        {
            output.WriteLine(server.Output);
            throw;
        }
    }

    private async Task ServeAsync(IHotQuicSide side, Peer peer, CasePlan plan, CancellationToken cancellationToken)
    {
        await using IHotQuicServer server = await side.ListenAsync(plan.Side, cancellationToken);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<ConnectionFacts> facts = [];
        Task serving = ServeConnectionsAsync(server, peer, plan, facts, stop.Token);
        PeerReport report = await peer.RunClientAsync(plan.Peer with { Port = server.Port }, cancellationToken);
        output.WriteLine(report.ToString());
        await stop.CancelAsync();
        await serving;
        Assert.True(report.Succeeded != plan.PeerMustFail, report.Error);
        plan.VerifyReport(report);
        if (!plan.PeerMustFail)
        {
            plan.Peer.Work.VerifyDigests(report.Digests);
            plan.VerifyFacts(Assert.Single(facts));
        }
    }

    private static async Task ServeConnectionsAsync(
        IHotQuicServer server, Peer peer, CasePlan plan, List<ConnectionFacts> facts, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await using IHotQuicConnection connection = await server.AcceptAsync(cancellationToken);
                try
                {
                    await peer.Protocol.ServeAsync(connection, plan.Peer.Work, cancellationToken);
                }
                finally
                {
                    facts.Add(connection.Facts);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The test is over.
        }
    }
}
