using System.Net;
using HotQuic.Core.Errors;
using HotQuic.Core.Paths;
using HotQuic.Core.Tls.Messages;
using HotQuic.Ports;

namespace HotQuic.Tests.Listener;

/// <summary>Which listener is chosen, as a table (L9 to L13): without sockets, so that every combination is cheap.</summary>
public sealed class BindingTableTests
{
    /// <summary>
    /// Listeners in the order of their registration, as "name address protocols", the client's protocols, where it came to, and what is
    /// expected: the listener's name and the protocol, or why there is none.
    /// </summary>
    public static TheoryData<string[], string, string, string> Cases => new()
    {
        // L11: IPv6, IPv4, unspecified; one address before a wildcard; then registration.
        { ["a any x", "b v4 x", "c 127.0.0.1 x"], "x", "127.0.0.1", "c x" },
        { ["c 127.0.0.1 x", "b v4 x", "a any x"], "x", "127.0.0.1", "c x" },
        { ["a any x", "b v4 x"], "x", "127.0.0.1", "b x" },
        { ["a any x", "b v6 x", "c ::1 x"], "x", "::1", "c x" },
        { ["a any x", "b v6 x"], "x", "::1", "b x" },
        { ["a any x", "b v4 x", "c v6 x"], "x", "::1", "c x" },
        { ["a any x", "b v4 x", "c v6 x"], "x", "127.0.0.9", "b x" },
        { ["a any x", "b ::1 x", "c 127.0.0.1 x"], "x", "127.0.0.1", "c x" },
        { ["a any x", "b ::1 x", "c 127.0.0.1 x"], "x", "::1", "b x" },
        { ["a any x", "b ::1 x", "c 127.0.0.1 x"], "x", "127.0.0.2", "a x" },
        { ["a any x", "b any y"], "x", "127.0.0.1", "a x" },
        { ["a any x", "b any y"], "y", "127.0.0.1", "b y" },
        { ["a any x y", "b any z"], "z y", "::1", "a y" },
        { ["b any z", "a any x y"], "z y", "::1", "b z" },

        // L12: either family by the unspecified one; IPv4 by no IPv6 wildcard, IPv6 by no IPv4 one.
        { ["a any x"], "x", "127.0.0.1", "a x" },
        { ["a any x"], "x", "::1", "a x" },
        { ["a v6 x"], "x", "127.0.0.1", "NoAddress" },
        { ["a v6 x"], "x", "::1", "a x" },
        { ["a v4 x"], "x", "::1", "NoAddress" },
        { ["a v4 x"], "x", "127.0.0.1", "a x" },
        { ["a ::1 x"], "x", "127.0.0.1", "NoAddress" },
        { ["a 127.0.0.1 x"], "x", "::1", "NoAddress" },
        { ["a ::ffff:127.0.0.1 x"], "x", "127.0.0.1", "a x" },

        // The security boundary (L4).
        { ["a 127.0.0.1 x"], "x", "127.0.0.2", "NoAddress" },
        { ["a 127.0.0.1 x"], "x", "127.0.0.1", "a x" },
        { ["a 127.0.0.1 x", "b 127.0.0.2 x"], "x", "127.0.0.2", "b x" },
        { ["a 127.0.0.1 x", "b 127.0.0.2 x"], "x", "127.0.0.1", "a x" },
        { ["a 127.0.0.1 x", "b 127.0.0.2 x"], "x", "127.0.0.3", "NoAddress" },
        { ["a fe80::1 x"], "x", "fe80::1%3", "a x" },
        { ["a fe80::1%2 x"], "x", "fe80::1%3", "NoAddress" },
        { ["a fe80::1%2 x"], "x", "fe80::1%2", "a x" },

        // Where the system does not tell the destination, only wildcards take what comes.
        { ["a 127.0.0.1 x"], "x", "unknown", "NoAddress" },
        { ["a 127.0.0.1 x", "b v6 x"], "x", "unknown", "NoAddress" },
        { ["a 127.0.0.1 x", "b v4 x"], "x", "unknown", "b x" },
        { ["a 127.0.0.1 x", "b any x"], "x", "unknown", "b x" },

        // L13: the first in that order with any protocol in common; its own order decides.
        { ["a any x y"], "y x", "127.0.0.1", "a x" },
        { ["a any y x"], "x y", "127.0.0.1", "a y" },
        { ["a any x y z"], "z y", "127.0.0.1", "a y" },
        { ["a 127.0.0.1 y", "b v4 x"], "x y", "127.0.0.1", "a y" },
        { ["a 127.0.0.1 z", "b v4 x"], "x y", "127.0.0.1", "b x" },
        { ["a 127.0.0.1 z", "b v4 q", "c any y"], "x y", "127.0.0.1", "c y" },
        { ["a ::1 z", "b v6 q", "c any y"], "x y", "::1", "c y" },

        // L14: two reasons.
        { ["a any x"], "y", "127.0.0.1", "NoProtocol" },
        { ["a 127.0.0.1 x"], "y", "127.0.0.2", "NoAddress" },
        { ["a 127.0.0.1 x", "b 127.0.0.2 y"], "y", "127.0.0.1", "NoProtocol" },
        { [], "x", "127.0.0.1", "NoAddress" },

        // Names are compared whole.
        { ["a any h3"], "h3-29", "127.0.0.1", "NoProtocol" },
        { ["a any h3-29"], "h3", "127.0.0.1", "NoProtocol" },
        { ["a any h", "b any h3"], "h3", "127.0.0.1", "b h3" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void L11_L12_L13_L14_TheListenerAndTheProtocolAreThoseOfTheTable(string[] listeners, string offered, string to, string expected)
    {
        BindingTable table = TableOf(listeners, out Dictionary<PortBinding, string> names);
        Assert.True(ApplicationProtocolList.TryRead(ExtensionOf(offered), out ApplicationProtocolList list));
        PathAddress local = to == "unknown" ? default : PathAddress.From(new IPEndPoint(IPAddress.Parse(to), 4433));
        var remote = PathAddress.From(new IPEndPoint(to.Contains(':') ? IPAddress.IPv6Loopback : IPAddress.Loopback, 999));
        SelectionOutcome outcome = table.Select(list, local, remote, out PortBinding? binding, out ReadOnlySpan<byte> protocol);
        Assert.Equal(expected, outcome == SelectionOutcome.Found
            ? $"{names[binding!]} {System.Text.Encoding.ASCII.GetString(protocol)}"
            : outcome.ToString());

        // Before the ClientHello, the address alone decides.
        DropReason reason = table.CheckDestination(local, remote);
        Assert.Equal(expected == "NoAddress" ? (listeners.Length == 0 ? DropReason.NoListener : DropReason.NoAddress) : DropReason.None, reason);
    }

    [Fact]
    public void L13_SelectingAllocatesNothing()
    {
        BindingTable table = TableOf(["a 127.0.0.1 x", "b v4 y z", "c any q"], out _);
        byte[] extension = ExtensionOf("z w");
        PathAddress local = PathAddress.From(new IPEndPoint(IPAddress.Loopback, 4433));
        Assert.Equal(SelectionOutcome.Found, Select());
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Select();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        SelectionOutcome Select()
        {
            ApplicationProtocolList.TryRead(extension, out ApplicationProtocolList list);
            return table.Select(list, local, local, out _, out _);
        }
    }

    [Theory]
    [InlineData("127.0.0.1 x", "127.0.0.1 x", true)]
    [InlineData("127.0.0.1 x", "127.0.0.1 y x", true)]
    [InlineData("127.0.0.1 x", "::ffff:127.0.0.1 x", true)]
    [InlineData("any x", "any x", true)]
    [InlineData("v4 x", "v4 x", true)]
    [InlineData("v6 x", "v6 x", true)]
    [InlineData("127.0.0.1 x", "127.0.0.1 y", false)]
    [InlineData("127.0.0.1 x", "127.0.0.2 x", false)]
    [InlineData("127.0.0.1 x", "v4 x", false)]
    [InlineData("127.0.0.1 x", "any x", false)]
    [InlineData("v4 x", "any x", false)]
    [InlineData("v6 x", "any x", false)]
    [InlineData("v6 x", "v4 x", false)]
    [InlineData("::1 x", "v6 x", false)]
    [InlineData("::1 x", "127.0.0.1 x", false)]
    public void L9_L10_OnlyTheSameAddressWithAProtocolInCommonConflicts(string one, string other, bool conflicts)
    {
        PortBinding first = BindingOf("a " + one);
        PortBinding second = BindingOf("b " + other);
        Assert.Equal(conflicts, first.Conflicts(second));
        Assert.Equal(conflicts, second.Conflicts(first));
    }

    [Fact]
    public void L25_AStoppedListenerIsPassedOver()
    {
        BindingTable table = TableOf(["a 127.0.0.1 x", "b any x"], out Dictionary<PortBinding, string> names);
        names.Keys.First().Entry.Stop();
        PathAddress local = PathAddress.From(new IPEndPoint(IPAddress.Loopback, 4433));
        ApplicationProtocolList.TryRead(ExtensionOf("x"), out ApplicationProtocolList list);
        Assert.Equal(SelectionOutcome.Found, table.Select(list, local, local, out PortBinding? binding, out _));
        Assert.Equal("b", names[binding!]);
    }

    private static BindingTable TableOf(string[] listeners, out Dictionary<PortBinding, string> names)
    {
        BindingTable table = BindingTable.Empty;
        names = [];
        foreach (string listener in listeners)
        {
            PortBinding binding = BindingOf(listener);
            names.Add(binding, listener.Split(' ')[0]);
            table = table.With(binding);
        }

        return table;
    }

    private static PortBinding BindingOf(string text)
    {
        ListenerText listener = ListenerText.Parse(text);
        var options = new QuicListenerOptions { ApplicationProtocols = listener.Protocols };
        var entry = new AcceptQueueEntry(options, new ListenerCounters(total: null), new HandshakeMemory());
        return new PortBinding(entry, listener.Address, 4433, new ProtocolNames(listener.Protocols));
    }

    private static byte[] ExtensionOf(string protocols)
    {
        byte[] names = [.. protocols.Split(' ').SelectMany(name => (byte[])[(byte)name.Length, .. System.Text.Encoding.ASCII.GetBytes(name)])];
        return [(byte)(names.Length >> 8), (byte)names.Length, .. names];
    }
}
