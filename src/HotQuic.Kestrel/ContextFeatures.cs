using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace HotQuic.Kestrel;

/// <summary>
/// The features of a connection or a stream. Its context is the features that it offers, so that they cost no object; what others set or
/// take away goes before them, and a few come from the connection. Not for several threads at a time, as usual with features.
/// </summary>
/// <param name="context">What implements the features.</param>
/// <param name="offered">Which of its interfaces are features.</param>
/// <param name="outer">Where the shared features come from; null for none.</param>
/// <param name="shared">Which features are those of <paramref name="outer"/> too.</param>
internal sealed class ContextFeatures(object context, HashSet<Type> offered, IFeatureCollection? outer, HashSet<Type> shared) : IFeatureCollection
{
    private Dictionary<Type, object?>? _set;
    private int _revision;

    public bool IsReadOnly => false;

    public int Revision => _revision;

    public object? this[Type key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            return _set is not null && _set.TryGetValue(key, out object? value) ? value
                : offered.Contains(key) ? context
                : outer is not null && shared.Contains(key) ? outer[key]
                : null;
        }

        set
        {
            ArgumentNullException.ThrowIfNull(key);
            (_set ??= [])[key] = value;
            _revision++;
        }
    }

    public TFeature? Get<TFeature>() =>
        _set is not { Count: > 0 } && context is TFeature feature ? feature : (TFeature?)this[typeof(TFeature)]; // no look into a table, where nothing was set

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        IEnumerable<Type> types = offered.Concat(outer is null ? [] : shared).Concat(_set?.Keys ?? Enumerable.Empty<Type>()).Distinct();
        foreach (Type type in types)
        {
            if (this[type] is { } feature)
            {
                yield return new KeyValuePair<Type, object>(type, feature);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The context serves another stream: what was set for the last one is gone.</summary>
    public void Reset()
    {
        if (_set is { Count: > 0 })
        {
            _set.Clear();
            _revision++;
        }
    }
}
