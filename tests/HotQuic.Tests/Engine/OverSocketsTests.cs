using HotQuic.Tests.Parity;

namespace HotQuic.Tests.Engine;

/// <summary>The same behaviour where sockets are driven by System.Net.Sockets: the same tests once more.</summary>
public class ConnectionOverSocketsTests : ConnectionTests
{
    public ConnectionOverSocketsTests() => Pair.Io = QuicIoMode.Sockets;
}

/// <inheritdoc cref="ConnectionOverSocketsTests"/>
public class ListenerOverSocketsTests : ListenerTests
{
    public ListenerOverSocketsTests() => Pair.Io = QuicIoMode.Sockets;
}

/// <inheritdoc cref="ConnectionOverSocketsTests"/>
public class StreamOverSocketsTests : StreamTests
{
    public StreamOverSocketsTests() => Pair.Io = QuicIoMode.Sockets;
}

/// <inheritdoc cref="ConnectionOverSocketsTests"/>
public class SlowHandshakeOverSocketsTests : SlowHandshakeTests
{
    public SlowHandshakeOverSocketsTests() => Pair.Io = QuicIoMode.Sockets;
}

/// <inheritdoc cref="ConnectionOverSocketsTests"/>
[Collection(AloneCollection.Name)]
public class BacklogOverSocketsTests : BacklogTests
{
    public BacklogOverSocketsTests() => Pair.Io = QuicIoMode.Sockets;
}

/// <inheritdoc cref="ConnectionOverSocketsTests"/>
public class AcceptFailureOverSocketsTests : AcceptFailureTests
{
    public AcceptFailureOverSocketsTests() => Pair.Io = QuicIoMode.Sockets;
}

/// <inheritdoc cref="ConnectionOverSocketsTests"/>
public class StreamCreditOverSocketsTests : StreamCreditTests
{
    public StreamCreditOverSocketsTests() => Pair.Io = QuicIoMode.Sockets;
}

/// <inheritdoc cref="ConnectionOverSocketsTests"/>
public class CollectionOverSocketsTests : CollectionTests
{
    public CollectionOverSocketsTests() => Pair.Io = QuicIoMode.Sockets;
}

/// <summary>What a class asks for reaches its tests.</summary>
public class OverSocketsTests
{
    public OverSocketsTests() => Pair.Io = QuicIoMode.Sockets;

    [Fact]
    public void TheModeOfAClassIsThatOfItsTests()
    {
        Assert.Equal(QuicIoMode.Sockets, Pair.Io);
        Assert.Equal(QuicIoMode.Sockets, Pair.ListenerOptions().IoMode);
        Assert.Equal(QuicIoMode.Sockets, Pair.ClientOptions(new(System.Net.IPAddress.Loopback, 1)).Transport.IoMode);
    }
}
