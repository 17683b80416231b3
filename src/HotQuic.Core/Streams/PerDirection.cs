using System.Runtime.CompilerServices;

namespace HotQuic.Core.Streams;

/// <summary>One value for bidirectional streams and one for unidirectional ones, in this order.</summary>
[InlineArray(2)]
internal struct PerDirection<T>
    where T : struct
{
    private T _bidirectional;
}
