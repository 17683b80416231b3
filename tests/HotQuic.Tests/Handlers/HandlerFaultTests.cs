using HotQuic.Tests.Listener;
namespace HotQuic.Tests.Handlers;

/// <summary>A handler that throws costs its own connection, with INTERNAL_ERROR (RFC 9000 §20.1), and nothing else.</summary>
public sealed class HandlerFaultTests
{
    private const long InternalError = 0x1;

    public static TheoryData<string> Callbacks => new(
        "connected", "stream", "streams available", "message", "data", "data out of range", "writable", "acknowledged", "reading aborted", "writing aborted", "closed");

    [Theory]
    [MemberData(nameof(Callbacks))]
    public async Task WhatItThrowsIsTheReasonAndOthersGoOn(string callback)
    {
        var fault = new TimeZoneNotFoundException("of the test");
        var failing = new ConnectionProbe();
        var stream = new StreamProbe();
        Script(callback, failing, stream, fault);
        var healthy = new ConnectionProbe { Stream = (_, _) => new StreamProbe { Data = (each, data, isEnd) => each.Write(data, isEnd) } };
        QuicServerConfiguration configuration = HandlerPair.ServerConfiguration(options => options.Transport.SendBufferSize = 100);
        int attempts = 0;
        await using QuicServer listener = HandlerPair.Listen(
            attempt => attempt.Accept(configuration, attempts++ == 0 ? healthy : failing));
        var other = new ConnectionProbe();
        QuicConnectionHandle unharmed = QuicClient.Connect(HandlerPair.ClientConfiguration(), listener.LocalEndPoints[0], other);
        await other.WhenConnected;

        var client = new ConnectionProbe();
        QuicConnectionHandle connection = QuicClient.Connect(HandlerPair.ClientConfiguration(), listener.LocalEndPoints[0], client);
        await ProvokeAsync(callback, await client.WhenConnected, failing);

        QuicCloseReason reason = await failing.WhenClosed;
        Assert.Equal((QuicError.CallbackError, InternalError, null), (reason.Error, reason.TransportErrorCode, reason.ApplicationErrorCode));
        Exception? inner = reason.ToException().InnerException;
        if (callback == "data out of range")
        {
            Assert.Contains("OnData returned 11", Assert.IsType<InvalidOperationException>(inner).Message);
        }
        else
        {
            Assert.Same(fault, inner);
        }

        QuicCloseReason atPeer = await client.WhenClosed;
        Assert.Equal((QuicError.TransportError, InternalError), (atPeer.Error, atPeer.TransportErrorCode));
        await ServerProbe.EventuallyAsync(() => !connection.IsValid);
        await AssertEchoesAsync(unharmed);
        await ConnectionProbe.RunAsync(unharmed, () => unharmed.Close(0));
        await other.WhenClosed;
    }

    [Fact]
    public async Task WhatTheLastCallThrowsIsIgnored()
    {
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            client: probe => probe.Closed = (_, _) => throw new TimeZoneNotFoundException());

        await pair.OnClientAsync(() => pair.ClientConnection.Close(5));

        Assert.Equal(QuicError.OperationAborted, (await pair.Client.WhenClosed).Error);
        Assert.Equal(5, (await pair.Server.WhenClosed).ApplicationErrorCode);
        await ServerProbe.EventuallyAsync(() => !pair.ClientConnection.IsValid);
    }

    private static void Script(string callback, ConnectionProbe connection, StreamProbe stream, Exception fault)
    {
        connection.Stream = (_, _) => stream;
        switch (callback)
        {
            case "connected":
                connection.Connected = _ => throw fault;
                break;
            case "stream":
                connection.Stream = (_, _) => throw fault;
                break;
            case "streams available":
                connection.StreamsAvailable = (_, _, _) => throw fault;
                break;
            case "message":
                connection.Message = (_, _) => throw fault;
                break;
            case "data":
                stream.Data = (_, _, _) => throw fault;
                break;
            case "data out of range":
                stream.Data = (_, data, _) => data.Length + 1;
                break;
            case "writable":
                stream.Data = (each, data, _) => Write(each, new byte[1000], data.Length);
                stream.Writable = _ => throw fault;
                break;
            case "acknowledged":
                stream.Data = (each, data, _) => Complete(each, data.Length);
                stream.Acknowledged = _ => throw fault;
                break;
            case "reading aborted":
                stream.ReadingAborted = (_, _) => throw fault;
                break;
            case "writing aborted":
                stream.WritingAborted = (_, _) => throw fault;
                break;
            case "closed":
                stream.Closed = _ => throw fault;
                break;
        }

        static int Write(QuicStreamHandle stream, byte[] bytes, int consumed)
        {
            stream.Write(bytes);
            return consumed;
        }

        static int Complete(QuicStreamHandle stream, int consumed)
        {
            stream.CompleteWrites();
            return consumed;
        }
    }

    private static async Task ProvokeAsync(string callback, QuicConnectionHandle client, ConnectionProbe server)
    {
        if (callback == "connected" || callback == "streams available")
        {
            return;
        }

        if (callback == "message")
        {
            (await server.WhenConnected).Post("anything");
            return;
        }

        await ConnectionProbe.RunAsync(client, () =>
        {
            Assert.True(client.TryOpenStream(QuicStreamType.Bidirectional, new StreamProbe(), state: null, out QuicStreamHandle stream));
            stream.Write(new byte[10]);
            if (callback is "reading aborted" or "closed")
            {
                stream.Abort(QuicAbortDirection.Write, 1);
            }

            if (callback is "writing aborted" or "closed")
            {
                stream.Abort(QuicAbortDirection.Read, 1);
            }
        });
    }

    private static async Task AssertEchoesAsync(QuicConnectionHandle connection)
    {
        var probe = new StreamProbe();
        await ConnectionProbe.RunAsync(connection, () =>
        {
            Assert.True(connection.TryOpenStream(QuicStreamType.Bidirectional, probe, state: null, out QuicStreamHandle stream));
            stream.Write("still here"u8, completeWrites: true);
        });
        await probe.WhenEnded;
        Assert.Equal("still here"u8.ToArray(), probe.Received);
    }
}
