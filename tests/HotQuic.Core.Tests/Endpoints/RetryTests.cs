using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Wire;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Endpoints;

/// <summary>Connection IDs of the handshake, Retry and its token (RFC 9000 §7.2, §7.3, §8.1, §17.2.5).</summary>
public sealed class RetryTests
{
    [Fact]
    public void Retry01_TheFirstDestinationIsRandomAndLongEnough()
    {
        string[] ids = [.. Enumerable.Range(1, 50).Select(seed => new Pair((ulong)seed).Connect().Attempt.OriginalDestinationId.ToString())];
        Assert.Equal(50, ids.Distinct().Count());
        Assert.All(ids, id => Assert.True(id.Length >= 16));
    }

    [Fact]
    public void Retry01_AnInitialWithAShorterDestinationIsDropped()
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        DatagramResult result = pair.Say(EndpointRole.Client, EncryptionLevel.Initial, [1], new Forgery { Destination = new ConnectionId([1, 2, 3, 4, 5, 6, 7]) });
        Assert.Equal(DropReason.InitialConnectionIdTooShort, result.Reason);
    }

    [Fact]
    public void Retry02_TheClientTakesTheServersIdOnceAndDropsOthers()
    {
        Pair pair = Connections.FramePermissionTests.PairAtHandshake();
        Assert.Equal(pair.Server.LocalHandshakeId, pair.Client.PeerIds.Active);
        pair.Say(EndpointRole.Server, EncryptionLevel.Handshake, [1], new Forgery { Source = new ConnectionId([5, 5, 5, 5]) });
        Assert.Equal(DropReason.SourceConnectionIdMismatch, pair.ClientLog.LastDrop);
        Assert.Equal(pair.Server.LocalHandshakeId, pair.Client.PeerIds.Active);
    }

    [Fact]
    public void Retry03_TheServerKeepsTheIdOfTheFirstInitial()
    {
        Pair pair = Connections.FramePermissionTests.PairAtInitial();
        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, [1], new Forgery { Source = new ConnectionId([5, 5, 5, 5]) });
        Assert.Equal(DropReason.SourceConnectionIdMismatch, pair.ServerLog.LastDrop);
        Assert.Equal(pair.Client.LocalHandshakeId, pair.Server.PeerIds.Active);
    }

    [Fact]
    public void Retry04_Retry07_Tp26_TheHandshakeGoesThroughARetry()
    {
        Pair pair = Pair.Connected(pair => pair.ServerHost.Admission = AdmissionVerdict.Retry);

        SimulatedDatagram retry = Assert.Single(pair.Wire, datagram => (datagram.Bytes[0] & 0xf0) == 0xf0 && !pair.IsFromClient(datagram));
        Assert.True(RetryPacket.TryRead(retry.Bytes, out RetryPacket packet));
        Assert.NotEqual(pair.InitialKeyId.Span.ToArray(), packet.SourceConnectionId.ToArray());

        // The same ClientHello, the same source, the token everywhere, numbers that go on.
        LoggedPacket[] initials = [.. pair.ClientLog.Sent.Where(sent => sent.Type == PacketType.Initial)];
        Assert.Equal(Enumerable.Range(0, initials.Length).Select(n => (long)n), initials.Select(sent => sent.Number.Value));
        byte[] HelloOf(LoggedPacket sent) => sent.Frames.First(frame => frame.Type == FrameType.Crypto).Bytes;
        Assert.Equal(HelloOf(initials[0]), HelloOf(initials[1]));
        byte[] token = packet.Token.ToArray();
        foreach (SimulatedDatagram datagram in pair.Wire.Where(d => pair.IsFromClient(d)).Skip(1).Where(d => (d.Bytes[0] & 0xf0) == 0xc0))
        {
            Assert.Equal(DropReason.None, ProtectedPacket.TryRead(datagram.Bytes, 8, out ProtectedPacket initial));
            Assert.Equal(token, initial.Token.ToArray());
            Assert.Equal(pair.Client.LocalHandshakeId.Span.ToArray(), initial.SourceConnectionId.ToArray());
        }

        Assert.Equal(packet.SourceConnectionId.ToArray(), pair.Client.Handshake.PeerParameters!.RetrySourceConnectionId!.Value.Span.ToArray());
        Assert.Equal(pair.InitialKeyId, pair.Client.Handshake.PeerParameters.OriginalDestinationConnectionId);
        Assert.True(pair.Server.Path.IsValidated);
    }

    [Fact]
    public void Retry05_ASecondRetryIsDropped()
    {
        Pair pair = Attempt();
        pair.Deliver(EndpointRole.Server, RetryOf(pair, [1, 1, 1, 1, 1, 1, 1, 1], [7]));
        Assert.Equal([7], pair.Client.Attempt.Token);
        pair.Deliver(EndpointRole.Server, RetryOf(pair, [2, 2, 2, 2, 2, 2, 2, 2], [8]));
        Assert.Equal(DropReason.RetryNotAccepted, pair.ClientLog.LastDrop);
        Assert.Equal([7], pair.Client.Attempt.Token);
    }

    [Fact]
    public void Retry05_ARetryAfterAnInitialIsDropped()
    {
        Pair pair = Connections.FramePermissionTests.PairAtHandshake();
        pair.Deliver(EndpointRole.Server, RetryOf(pair, [1, 1, 1, 1, 1, 1, 1, 1], [7]));
        Assert.Equal(DropReason.RetryNotAccepted, pair.ClientLog.LastDrop);
    }

    [Fact]
    public void Retry06_Prot14_Pkt16_ARetryThatIsBrokenEmptyOrNamesOurOwnIdIsDroppedAndChangesNothing()
    {
        Pair pair = Attempt();
        byte[] broken = RetryOf(pair, [1, 1, 1, 1, 1, 1, 1, 1], [7]);
        broken[^1] ^= 1;
        foreach (byte[] retry in (byte[][])[broken, RetryOf(pair, [1, 1], []), RetryOf(pair, pair.InitialKeyId.Span.ToArray(), [7])])
        {
            pair.Deliver(EndpointRole.Server, retry);
            Assert.Equal(DropReason.RetryNotAccepted, pair.ClientLog.LastDrop);
        }

        Assert.Empty(pair.Client.Attempt.Token);
        Assert.Equal(pair.InitialKeyId, pair.Client.PeerIds.Active);
    }

    [Fact]
    public void Retry06_ARetryWhoseTokenFitsNoInitialIsDropped()
    {
        Pair pair = Attempt();
        pair.Deliver(EndpointRole.Server, RetryOf(pair, [1, 1, 1, 1, 1, 1, 1, 1], new byte[ConnectionAttempt.MaxTokenLength + 1]));
        Assert.Equal(DropReason.RetryNotAccepted, pair.ClientLog.LastDrop);
        pair.Deliver(EndpointRole.Server, RetryOf(pair, [1, 1, 1, 1, 1, 1, 1, 1], new byte[ConnectionAttempt.MaxTokenLength]));
        Assert.Equal(ConnectionAttempt.MaxTokenLength, pair.Client.Attempt.Token.Length);
        Assert.Contains(FrameType.Crypto, pair.ClientLog.Sent[^1].Frames.Select(frame => frame.Type));
        Assert.All(pair.Wire, datagram => Assert.Equal(1200, datagram.Bytes.Length));
    }

    [Fact]
    public void Retry09_AServersInitialWithATokenIsDropped()
    {
        Pair pair = Connections.FramePermissionTests.PairAtInitial();
        pair.Say(EndpointRole.Server, EncryptionLevel.Initial, [1], new Forgery { Token = [1, 2] });
        Assert.Equal(DropReason.UnexpectedToken, pair.ClientLog.LastDrop);
        Assert.False(pair.Client.Attempt.HasPeerAnswered);
    }

    [Fact]
    public void Retry11_AnInvalidRetryTokenIsRefusedWithInvalidToken()
    {
        foreach (Action<byte[]> change in (Action<byte[]>[])[token => token[^1] ^= 1, token => token[20] ^= 1])
        {
            Pair pair = RefusedWith(change, sameId: true, TimeSpan.Zero);
            Connections.Closing.ExpectFromPeer(pair.Client, TransportErrorCode.InvalidToken, 0);
            Assert.False(pair.HasServer);
        }
    }

    [Fact]
    public void Retry11_ATokenThatWasChangedOnItsWayIsNoInvalidToken()
    {
        var pair = new Pair { Filter = _ => false };
        pair.ServerHost.Admission = AdmissionVerdict.Retry;
        pair.Connect();
        pair.DeliverToServer(pair.Wire[0].Bytes, pair.ClientHost.Address);
        pair.Deliver(EndpointRole.Server, pair.Wire[^1].Bytes);
        byte[] initial = [.. pair.Wire.Last(datagram => pair.IsFromClient(datagram)).Bytes];
        Assert.Equal(DropReason.None, ProtectedPacket.TryRead(initial, 8, out ProtectedPacket packet));
        int token = initial.AsSpan().IndexOf(packet.Token);
        byte[] changed = [.. initial];
        changed[token + packet.Token.Length - 1] ^= 1;
        int before = pair.Wire.Count;

        DatagramResult result = pair.DeliverToServer(changed, pair.ClientHost.Address);

        Assert.Equal((DatagramOutcome.Dropped, DropReason.AuthenticationFailed), (result.Outcome, result.Reason));
        Assert.Equal(before, pair.Wire.Count);
        Assert.Equal(DatagramOutcome.Accepted, pair.DeliverToServer(initial, pair.ClientHost.Address).Outcome);
    }

    [Fact]
    public void Retry10_Retry11_ARetryTokenEndsWithItsIdAndItsTime()
    {
        Connections.Closing.ExpectFromPeer(RefusedWith(_ => { }, sameId: false, TimeSpan.Zero).Client, TransportErrorCode.InvalidToken, 0);
        Connections.Closing.ExpectFromPeer(RefusedWith(_ => { }, sameId: true, TimeSpan.FromMinutes(2)).Client, TransportErrorCode.InvalidToken, 0);
    }

    [Fact]
    public void Retry14_Tp10_Tp25_Tp26_ParametersThatDoNotNameTheIdsOfTheWireEndTheHandshake()
    {
        // A Retry that the server knows nothing of: its parameters lack retry_source_connection_id and name another original.
        Pair pair = Attempt();
        pair.Deliver(EndpointRole.Server, RetryOf(pair, [1, 1, 1, 1, 1, 1, 1, 1], [2, 7, 7]));
        pair.Filter = null;
        pair.Client.Space(PacketNumberSpace.Initial)!.ProbesWanted = 1;
        pair.InitialKeyId = new ConnectionId([1, 1, 1, 1, 1, 1, 1, 1]);
        pair.ClientHost.Turn(pair.Client);
        pair.Pass(2500);

        Assert.Equal(TerminationKind.LocalTransport, pair.Client.Termination!.Value.Kind);
        Assert.Contains((TransportErrorCode)pair.Client.Termination.Value.Code, new List<TransportErrorCode> { TransportErrorCode.TransportParameterError, TransportErrorCode.ProtocolViolation });
        Assert.False(pair.Client.Handshake.IsComplete);
    }

    /// <summary>A client that shows the server a Retry token after something happened to it.</summary>
    private static Pair RefusedWith(Action<byte[]> change, bool sameId, TimeSpan wait)
    {
        var pair = new Pair { Filter = datagram => false };
        pair.ServerHost.Admission = AdmissionVerdict.Retry;
        pair.ClientHost.Settings = new ConnectionSettings { HandshakeTimeout = TimeSpan.FromMinutes(9), IdleTimeout = TimeSpan.Zero };
        pair.Connect();
        pair.DeliverToServer(pair.Wire[0].Bytes, pair.ClientHost.Address);
        Assert.True(RetryPacket.TryRead(pair.Wire[^1].Bytes, out RetryPacket retry));
        byte[] token = retry.Token.ToArray();
        byte[] id = retry.SourceConnectionId.ToArray();
        change(token);
        id[7] ^= (byte)(sameId ? 0 : 1);
        pair.Deliver(EndpointRole.Server, RetryOf(pair, id, token));
        pair.Network.RunFor(wait);
        pair.Filter = null;
        pair.DeliverToServer(pair.Wire.Last(datagram => pair.IsFromClient(datagram)).Bytes, pair.ClientHost.Address);
        pair.Pass(30);
        return pair;
    }

    private static Pair Attempt()
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        return pair;
    }

    private static byte[] RetryOf(Pair pair, byte[] source, byte[] token)
    {
        byte[] buffer = new byte[2000];
        var writer = new WireWriter(buffer);
        RetryPacket.Write(ref writer, QuicVersion.Version1, pair.Client.LocalHandshakeId.Span, source, token);
        RetryIntegrity.ComputeTag(QuicVersion.Version1, pair.Client.Attempt.OriginalDestinationId, writer.Written, writer.Rest[..16]);
        return buffer[..(writer.Position + 16)];
    }
}
