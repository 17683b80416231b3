using HotQuic.Options;
using HotQuic.Tests.Parity;

namespace HotQuic.Tests.Engine;

/// <summary>The same behaviour where System.Net.Sockets moves one datagram a call, as it does on other systems: the same tests once more.</summary>
public class ConnectionOverDatagramsTests : ConnectionTests
{
    public ConnectionOverDatagramsTests() => Pair.Io = IoModes.Datagrams;
}

/// <inheritdoc cref="ConnectionOverDatagramsTests"/>
public class ListenerOverDatagramsTests : ListenerTests
{
    public ListenerOverDatagramsTests() => Pair.Io = IoModes.Datagrams;
}

/// <inheritdoc cref="ConnectionOverDatagramsTests"/>
public class StreamOverDatagramsTests : StreamTests
{
    public StreamOverDatagramsTests() => Pair.Io = IoModes.Datagrams;
}

/// <inheritdoc cref="ConnectionOverDatagramsTests"/>
public class SlowHandshakeOverDatagramsTests : SlowHandshakeTests
{
    public SlowHandshakeOverDatagramsTests() => Pair.Io = IoModes.Datagrams;
}

/// <inheritdoc cref="ConnectionOverDatagramsTests"/>
[Collection(AloneCollection.Name)]
public class BacklogOverDatagramsTests : BacklogTests
{
    public BacklogOverDatagramsTests() => Pair.Io = IoModes.Datagrams;
}

/// <inheritdoc cref="ConnectionOverDatagramsTests"/>
public class AcceptFailureOverDatagramsTests : AcceptFailureTests
{
    public AcceptFailureOverDatagramsTests() => Pair.Io = IoModes.Datagrams;
}

/// <inheritdoc cref="ConnectionOverDatagramsTests"/>
public class StreamCreditOverDatagramsTests : StreamCreditTests
{
    public StreamCreditOverDatagramsTests() => Pair.Io = IoModes.Datagrams;
}

/// <inheritdoc cref="ConnectionOverDatagramsTests"/>
public class CollectionOverDatagramsTests : CollectionTests
{
    public CollectionOverDatagramsTests() => Pair.Io = IoModes.Datagrams;
}
