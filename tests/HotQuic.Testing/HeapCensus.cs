using System.Reflection;
using System.Runtime.CompilerServices;

namespace HotQuic.Testing;

/// <summary>
/// What objects weigh: every object that can be reached from some, counted once, with its size on the managed heap, by type (arrays by type
/// and length). Nobody may change the objects meanwhile.
/// </summary>
/// <remarks>What inline arrays refer to is found through their first element alone.</remarks>
internal sealed class HeapCensus
{
    private static readonly MethodInfo HoldsReferences = typeof(RuntimeHelpers).GetMethod(nameof(RuntimeHelpers.IsReferenceOrContainsReferences))!;

    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<object> _toVisit = new();
    private readonly Dictionary<Type, FieldInfo[]> _fields = [];
    private readonly Dictionary<string, (int Count, long Bytes)> _kinds = [];
    private readonly Func<object, bool> _isShared;

    private HeapCensus(Func<object, bool> isShared) => _isShared = isShared;

    /// <summary>The bytes of all objects.</summary>
    public long Bytes { get; private set; }

    /// <summary>Objects and their bytes by kind, the heaviest first.</summary>
    public IEnumerable<(string Kind, int Count, long Bytes)> Kinds =>
        _kinds.Select(pair => (pair.Key, pair.Value.Count, pair.Value.Bytes)).OrderByDescending(kind => kind.Bytes);

    /// <param name="isShared">Objects that are not counted, nor what only they lead to.</param>
    /// <param name="roots">Where to begin.</param>
    public static HeapCensus Of(Func<object, bool> isShared, params object[] roots)
    {
        var census = new HeapCensus(isShared);
        foreach (object root in roots)
        {
            census.Meet(root);
        }

        while (census._toVisit.TryPop(out object? next))
        {
            census.Count(next);
            census.MeetFieldsOf(next, next.GetType());
        }

        return census;
    }

    /// <summary>The table, as bytes and objects for each of <paramref name="divisor"/> connections.</summary>
    public string ToTable(int divisor, double leastBytes = 1)
    {
        var table = new StringWriter();
        foreach ((string kind, int count, long bytes) in Kinds.Where(kind => (double)kind.Bytes / divisor >= leastBytes))
        {
            table.WriteLine(FormattableString.Invariant($"{(double)bytes / divisor,9:F1} B {(double)count / divisor,7:F2} x {kind}"));
        }

        return table.ToString();
    }

    private static unsafe long SizeOf(object value)
    {
        // The runtime's method table begins with the size of an element (two bytes) and, four bytes on, that of the object.
        byte* methodTable = (byte*)value.GetType().TypeHandle.Value;
        long length = value is Array array ? array.Length : value is string text ? text.Length : 0;
        long size = *(uint*)(methodTable + 4) + (length * *(ushort*)methodTable);
        return (size + 7) & ~7;
    }

    private void Meet(object? value)
    {
        if (value is not (null or Type or MemberInfo or Assembly or Thread or Pointer) && !_isShared(value) && _seen.Add(value))
        {
            _toVisit.Push(value);
        }
    }

    private void Count(object value)
    {
        string kind = value is Array array ? $"{NameOf(value.GetType().GetElementType()!)}[{array.Length}]" : NameOf(value.GetType());
        long size = SizeOf(value);
        (int count, long bytes) = _kinds.GetValueOrDefault(kind);
        _kinds[kind] = (count + 1, bytes + size);
        Bytes += size;
    }

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.DeclaringType is { } outer ? $"{outer.Name}.{type.Name}" : type.Name;

    private void MeetFieldsOf(object value, Type type)
    {
        if (value is Array array)
        {
            if (MayLead(type.GetElementType()!))
            {
                foreach (object? item in array)
                {
                    MeetValue(item);
                }
            }

            return;
        }

        foreach (FieldInfo field in FieldsOf(type))
        {
            MeetValue(field.GetValue(value));
        }
    }

    private void MeetValue(object? value)
    {
        if (value is ValueType)
        {
            MeetFieldsOf(value, value.GetType());
        }
        else
        {
            Meet(value);
        }
    }

    /// <summary>The fields of a type and its base types that may lead anywhere.</summary>
    private FieldInfo[] FieldsOf(Type type)
    {
        if (!_fields.TryGetValue(type, out FieldInfo[]? fields))
        {
            var found = new List<FieldInfo>();
            for (Type? each = type; each is not null && each != typeof(object); each = each.BaseType)
            {
                found.AddRange(each.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                    .Where(field => MayLead(field.FieldType)));
            }

            _fields[type] = fields = [.. found];
        }

        return fields;
    }

    private static bool MayLead(Type type) => !type.IsPointer && !type.IsByRefLike && !type.IsFunctionPointer
        && (!type.IsValueType || (!type.IsPrimitive && !type.IsEnum && (bool)HoldsReferences.MakeGenericMethod(type).Invoke(null, null)!));
}
