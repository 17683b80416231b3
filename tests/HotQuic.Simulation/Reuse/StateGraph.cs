using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HotQuic.Core.Connections;

namespace HotQuic.Simulation.Reuse;

/// <summary>
/// All that an object of Core holds, field by field and object by object, as lines that can be compared. Each object appears once;
/// what a connection only borrows (<see cref="ConnectionServices"/>) is not entered.
/// </summary>
internal sealed class StateGraph
{
    /// <summary>Fields in which a used object may differ from a new one, each with the reason.</summary>
    private static readonly Dictionary<string, string> Excepted = new()
    {
        ["CongestionControllers._cubic"] = "made when first wanted, and begun anew each time",
        ["CongestionControllers._newReno"] = "made when first wanted, and begun anew each time",
        ["RecoverySpace.RecentLosses"] = "made on the first loss, and emptied",
        ["RangeSet._ranges"] = "memory beyond what is counted",
        ["ReceivedRanges._ranges"] = "memory beyond what is counted",
        ["ChunkQueue._slots"] = "memory: all places are empty where no chunk is held",
        ["ChunkQueue._first"] = "where an empty queue begins is set when data comes",
        ["DatagramFifo._bytes"] = "memory beyond what is counted",
        ["DatagramFifo._entries"] = "memory beyond what is counted",
        ["DatagramReports._ring"] = "memory beyond what is counted",
        ["StreamEventQueue._events"] = "memory beyond what is counted",
        ["Announcements._token"] = "memory beyond what is counted",
        ["HandshakeWriter._buffer"] = "rented memory beyond what is counted",
        ["HandshakeInput._buffer"] = "rented memory beyond what is counted",
        ["TlsHandshake._peerParameters"] = "memory beyond what is counted",
        ["HandshakeSecrets._trafficSecrets"] = "memory, which is all zeros: see the test of secrets",
        ["SentPackets._packets"] = "memory beyond what is counted",
        ["SentPackets._frames"] = "memory beyond what is counted",
        ["StreamTable._streams"] = "made for the first stream, and emptied",
        ["Connection._events"] = "made for the first event, and emptied",
        ["Connection._localParameters"] = "the same as what is told, where anything is",
        ["HandshakeDriver._peerParameters"] = "the same as what is told, where anything is",
        ["PeerConnectionIds._unsentRetirements"] = "made for the first of them, and emptied",
        ["CryptoStream._sending"] = "made for the first byte, and reset",
        ["CryptoStream._receiving"] = "made for the first byte, and reset",
        ["DatagramQueues._outgoing"] = "made for the first datagram, and begun anew",
        ["DatagramQueues._incoming"] = "made for the first datagram, and begun anew",
        ["PacketReceiver._held"] = "rented while packets are held",
    };

    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _lines = [];

    private StateGraph()
    {
    }

    public static List<string> Of(Connection connection)
    {
        var graph = new StateGraph();
        graph.Walk("Connection", connection);
        return graph._lines;
    }

    /// <summary>Every object of Core that a connection, or a part of one, owns.</summary>
    public static IEnumerable<object> ObjectsOf(object part)
    {
        var graph = new StateGraph();
        graph.Walk("Part", part);
        return graph._seen;
    }

    private void Walk(string path, object? value)
    {
        switch (value)
        {
            case null or ConnectionServices or Delegate or KeyValuePair<string, string>:
                _lines.Add($"{path} = {(value is null ? "null" : "shared")}");
                break;
            case string or Enum:
                _lines.Add($"{path} = {value}");
                break;
            case IFormattable when value.GetType().IsPrimitive:
                _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{path} = {value}"));
                break;
            case bool or char:
                _lines.Add($"{path} = {value}");
                break;
            default:
                WalkObject(path, value);
                break;
        }
    }

    private void WalkObject(string path, object value)
    {
        Type type = value.GetType();
        bool isOurs = type.Namespace?.StartsWith("HotQuic.Core", StringComparison.Ordinal) == true;
        if (!type.IsValueType && !_seen.Add(value))
        {
            return;
        }

        if (value is Array or IList or ICollection)
        {
            int index = 0;
            foreach (object? item in (IEnumerable)value)
            {
                Walk($"{path}[{index++}]", item);
            }

            _lines.Add($"{path}.Count = {index}");
        }
        else if (type.IsDefined(typeof(InlineArrayAttribute)))
        {
            MethodInfo read = typeof(StateGraph).GetMethod(nameof(Bytes), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type);
            _lines.Add($"{path} = {read.Invoke(null, [value])}");
        }
        else if (isOurs || type.IsValueType)
        {
            WalkFields(path, value, type);
        }
        else if (type.IsGenericType && value is IEnumerable items)
        {
            Walk(path, items.Cast<object?>().ToArray());
        }
    }

    private void WalkFields(string path, object value, Type? type)
    {
        for (; type is not null && type != typeof(object) && type != typeof(ValueType); type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                string name = field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)] : field.Name;
                if (!IsShared(field.FieldType) && !Excepted.ContainsKey($"{type.Name}.{name}"))
                {
                    Walk($"{path}.{name}", field.GetValue(value));
                }
            }
        }
    }

    private static string Bytes<T>(object value)
        where T : struct =>
        Convert.ToHexString(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Unbox<T>(value), 1)));

    /// <summary>What belongs to the shard, or is never written to.</summary>
    private static bool IsShared(Type type) => type.IsPointer || type.Name is "RecoveryMemory" or "HandshakePool" or "KeyPool" or "KeyShareFactory" or "RandomSource"
        or "StreamBufferPool" or "StreamStatePool" or "DeclaredParameters" or "IConnectionIdRegistry" or "StatelessResetKey" or "ConnectionSettings" or "TlsClientConfiguration" or "TlsServerConfiguration"
        || (type.IsArray && type.GetElementType()!.Name is "SentFrame" or "AssembledPacket");
}
