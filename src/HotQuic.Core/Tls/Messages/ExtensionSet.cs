namespace HotQuic.Core.Tls.Messages;

/// <summary>A set of extensions that have a row in <see cref="ExtensionRules"/>.</summary>
internal readonly record struct ExtensionSet
{
    private readonly ulong _bits;

    private ExtensionSet(ulong bits) => _bits = bits;

    public bool Contains(ExtensionType type)
    {
        int row = ExtensionRules.RowOf(type);
        return row >= 0 && (_bits & (1UL << row)) != 0;
    }

    /// <summary>The set with one more member; an unknown type changes nothing.</summary>
    public ExtensionSet With(ExtensionType type)
    {
        int row = ExtensionRules.RowOf(type);
        return row < 0 ? this : new ExtensionSet(_bits | (1UL << row));
    }
}
