namespace HotQuic.Core.Parameters;

/// <summary>
/// What connections of one shard declared of late, one object for all that declared the same: most peers of a server are of few kinds, and
/// its own configurations are few. Nobody may change the objects. One thread uses it, so it has no lock.
/// </summary>
internal sealed class DeclaredParameters
{
    private const int Remembered = 16;

    private readonly TransportParameters?[] _known = new TransportParameters?[Remembered];
    private int _next;

    /// <summary>The object that says the same, without connection IDs and tokens.</summary>
    public TransportParameters Share(TransportParameters declared)
    {
        foreach (TransportParameters? known in _known)
        {
            if (known is not null && known.DeclaresTheSameAs(declared))
            {
                return known;
            }
        }

        TransportParameters added = declared.WithoutIdentity();
        _known[_next] = added;
        _next = (_next + 1) % Remembered;
        return added;
    }
}
