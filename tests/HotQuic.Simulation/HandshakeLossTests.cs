using System.Globalization;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Testing;

namespace HotQuic.Simulation;

/// <summary>
/// Handshakes in which chosen datagrams are lost, every choice once: any one of either side together with any one of the other, and any
/// stretch of both. Each ends with an echo, in the time that a few probe timeouts take (RFC 9002 §6.2).
/// </summary>
public sealed class HandshakeLossTests
{
    private const int Datagrams = 10;
    private const int LongestOutage = 4;

    /// <summary>With a first probe timeout of one second, that of an initial RTT of 333 ms, doubled for each further loss.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(9);

    public static TheoryData<int, bool, bool, int> Handshakes => new()
    {
        { 700, false, false, 0 },
        { 700, true, false, 0 },
        { 700, false, true, 0 },
        { 3000, false, false, 0 },
        { 5000, false, false, 0 },
        { 5000, true, false, 0 },
        { 12_000, false, true, 0 },

        // With a ClientHello of two Initials, as that of clients with post-quantum key shares.
        { 700, false, false, 1400 },
        { 5000, true, false, 1400 },
        { 12_000, true, true, 1400 },
    };

    [Theory]
    [MemberData(nameof(Handshakes))]
    public void Any_datagram_of_either_side_may_be_lost(int certificateBytes, bool isRetried, bool isRetriedByTls, int helloBytes)
    {
        var failures = new List<string>();
        for (int fromClient = 0; fromClient <= Datagrams; fromClient++)
        {
            for (int fromServer = 0; fromServer <= Datagrams; fromServer++)
            {
                var loss = new Loss(fromClient, fromServer, 0, 0);
                if (Fault(new Handshake(certificateBytes, isRetried, isRetriedByTls, helloBytes), loss) is { } fault)
                {
                    failures.Add($"{loss}: {fault}");
                }
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Theory]
    [MemberData(nameof(Handshakes))]
    public void Any_stretch_of_datagrams_may_be_lost(int certificateBytes, bool isRetried, bool isRetriedByTls, int helloBytes)
    {
        var failures = new List<string>();
        for (int start = 0; start < 2 * Datagrams; start++)
        {
            for (int length = 2; length <= LongestOutage; length++)
            {
                var loss = new Loss(-1, -1, start, length);
                if (Fault(new Handshake(certificateBytes, isRetried, isRetriedByTls, helloBytes), loss) is { } fault)
                {
                    failures.Add($"{loss}: {fault}");
                }
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private static string? Fault(in Handshake handshake, Loss loss)
    {
        var world = new SimulatedWorld(1);
        world.Server.Admission = handshake.IsRetried ? AdmissionVerdict.Retry : AdmissionVerdict.Accept;
        world.Server.ServerTls = TestTls.Server(handshake.CertificateBytes);
        var transfer = new Transfer(world.Client, world.Server, streams: 1, bytes: 2000);
        int sent = 0;
        int fromClient = 0;
        int fromServer = 0;
        world.Network.Filter = datagram =>
        {
            int place = sent++;
            bool isLost = datagram.From == world.Client.Address ? fromClient++ == loss.FromClient : fromServer++ == loss.FromServer;
            return !isLost && (place < loss.Start || place >= loss.Start + loss.Length);
        };
        Connection connection = world.Client.Connect(world.Server, TestTls.Client(keyShares: handshake.IsRetriedByTls ? 0 : 1, helloBytes: handshake.HelloBytes));
        bool isDone = world.Network.RunUntil(() => transfer.IsComplete && connection.Handshake.IsConfirmed, Limit);
        return isDone && transfer.Corruption is null && connection.Termination is null ? null
            : string.Create(CultureInfo.InvariantCulture, $"{transfer.Completed} echoes, {connection.Handshake.Phase}, {connection.Termination} {transfer.Corruption}");
    }

    private readonly record struct Handshake(int CertificateBytes, bool IsRetried, bool IsRetriedByTls, int HelloBytes);

    private sealed record Loss(int FromClient, int FromServer, int Start, int Length);
}
