using System.Net;
using System.Net.Sockets;
using HotQuic.Udp.Portable;

namespace HotQuic.Udp.Tests.Portable;

/// <summary>Each event of a <see cref="ReadableSignal"/> in each of its states.</summary>
public sealed class ReadableSignalTests : IDisposable
{
    private readonly ReadableSignal _signal = new(AddressFamily.InterNetwork);
    private readonly Socket _sender = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly SemaphoreSlim _told = new(0);

    public ReadableSignalTests()
    {
        _signal.Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _signal.Told = () => _told.Release();
    }

    public void Dispose()
    {
        _signal.Socket.Dispose();
        _signal.Dispose();
        _sender.Dispose();
        _told.Dispose();
    }

    [Fact]
    public void WhatArrivesAfterALookIsToldOnceAndStaysThere()
    {
        Assert.False(_signal.Look());
        Assert.False(_signal.Look());
        Send(1);
        Send(2);
        Assert.True(_told.Wait(TestTime.Limit));
        Assert.True(_signal.HasArrived);
        Assert.True(_signal.Look());
        Assert.Equal([1, 2], new[] { Receive(), Receive() });
        Assert.Equal(0, _told.CurrentCount);
    }

    [Fact]
    public void WhatIsThereAlreadyIsSeenAndNotTold()
    {
        Send(1);
        while (!_signal.Socket.Poll(TestTime.Limit, SelectMode.SelectRead))
        {
        }

        Assert.True(_signal.Look());
        Assert.True(_signal.Look());
        Assert.Equal(0, _told.CurrentCount);
        Assert.Equal(1, Receive());
    }

    [Fact]
    public void OnceClearedItLooksAgain()
    {
        _signal.Clear();
        for (int round = 1; round <= 20; round++)
        {
            Assert.False(_signal.Look());
            _signal.Clear(); // Nothing has arrived: it still waits.
            Send((byte)round);
            Assert.True(_told.Wait(TestTime.Limit));
            Assert.Equal(round, Receive());
            Assert.True(_signal.Look());
            _signal.Clear();
            Assert.False(_signal.HasArrived);
        }
    }

    [Fact]
    public void AnEmptyDatagramHasArrivedToo()
    {
        Assert.False(_signal.Look());
        _sender.SendTo([], _signal.Socket.LocalEndPoint!);
        Assert.True(_told.Wait(TestTime.Limit));
        Assert.True(_signal.HasArrived);
    }

    [Fact]
    public void ClosingTheSocketEndsTheWait()
    {
        Assert.False(_signal.Look());
        _signal.Socket.Dispose();
        Assert.True(_told.Wait(TestTime.Limit));
        _signal.Clear();
        Assert.False(_signal.Look());
    }

    private void Send(byte content) => _sender.SendTo([content], _signal.Socket.LocalEndPoint!);

    private int Receive()
    {
        Span<byte> buffer = stackalloc byte[1];
        return _signal.Socket.Receive(buffer) == 1 ? buffer[0] : -1;
    }
}
