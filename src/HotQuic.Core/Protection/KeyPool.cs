using System.Diagnostics;

namespace HotQuic.Core.Protection;

/// <summary>
/// The ciphers of one shard that have no key: whoever needs keys rents, gives them a key, and returns them as soon as the keys are
/// discarded, which wipes them. So an idle connection holds those of 1-RTT alone, and new keys cost no memory.
/// </summary>
/// <remarks>
/// At most so many of a kind are kept as connections may begin or end at once; what is returned beyond that is disposed of.
/// One thread uses it, so it has no lock.
/// </remarks>
internal sealed class KeyPool
{
    /// <summary>1,024 of each kind, of some 600 bytes with what they hold: not quite a megabyte a shard for the two kinds of one suite.</summary>
    public const int DefaultRetained = 1024;

    private const int Kinds = 6;

    private readonly int _retained;
    private readonly Stack<PacketAead>[] _aeads = new Stack<PacketAead>[Kinds];
    private readonly Stack<HeaderProtection>[] _headerProtections = new Stack<HeaderProtection>[Kinds];
    private readonly Stack<KeyMemory> _secrets = new();

    public KeyPool(int retained = DefaultRetained)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retained);
        _retained = retained;
        for (int i = 0; i < Kinds; i++)
        {
            _aeads[i] = new Stack<PacketAead>();
            _headerProtections[i] = new Stack<HeaderProtection>();
        }
    }

    /// <summary>What was rented and not returned, of all sorts.</summary>
    public int Outstanding { get; private set; }

    /// <summary>An AEAD without a key.</summary>
    public PacketAead RentAead(CipherSuite suite, CipherBackend backend)
    {
        Outstanding++;
        bool isPlatforms = PacketAead.NeedsPlatform(suite, backend);
        return _aeads[KindOf(suite, isPlatforms)].TryPop(out PacketAead? aead) ? aead : PacketAead.Create(suite, isPlatforms);
    }

    /// <summary>A header protection without a key.</summary>
    public HeaderProtection RentHeaderProtection(CipherSuite suite, CipherBackend backend)
    {
        Outstanding++;
        bool isPlatforms = HeaderProtection.NeedsPlatform(suite, backend);
        return _headerProtections[KindOf(suite, isPlatforms)].TryPop(out HeaderProtection? protection)
            ? protection
            : HeaderProtection.Create(suite, isPlatforms);
    }

    /// <summary>Room for two secrets and two header protection keys of the longest kind.</summary>
    public KeyMemory RentSecrets()
    {
        Outstanding++;
        return _secrets.TryPop(out KeyMemory? secrets) ? secrets : new KeyMemory(2 * (CipherSuiteTable.MaxSecretLength + CipherSuiteTable.MaxKeyLength), alignment: sizeof(ulong));
    }

    /// <summary>Wipes it, and keeps it for the next renter.</summary>
    public void Return(PacketAead aead)
    {
        Outstanding--;
        aead.Wipe();
        Stack<PacketAead> kept = _aeads[KindOf(aead.Suite, aead.IsPlatforms)];
        Debug.Assert(kept.Count == 0 || kept.Peek() != aead, "An AEAD was returned twice.");
        if (kept.Count < _retained)
        {
            kept.Push(aead);
        }
        else
        {
            aead.Dispose();
        }
    }

    /// <inheritdoc cref="Return(PacketAead)"/>
    public void Return(HeaderProtection protection)
    {
        Outstanding--;
        protection.Wipe();
        Stack<HeaderProtection> kept = _headerProtections[KindOf(protection.Suite, protection.IsPlatforms)];
        Debug.Assert(kept.Count == 0 || kept.Peek() != protection, "A header protection was returned twice.");
        if (kept.Count < _retained)
        {
            kept.Push(protection);
        }
        else
        {
            protection.Dispose();
        }
    }

    /// <inheritdoc cref="Return(PacketAead)"/>
    public void Return(KeyMemory secrets)
    {
        Outstanding--;
        secrets.Wipe();
        Debug.Assert(_secrets.Count == 0 || _secrets.Peek() != secrets, "Secrets were returned twice.");
        if (_secrets.Count < _retained)
        {
            _secrets.Push(secrets);
        }
        else
        {
            secrets.Dispose();
        }
    }

    private static int KindOf(CipherSuite suite, bool isPlatforms) =>
        (2 * (suite - CipherSuite.Aes128GcmSha256)) + (isPlatforms ? 1 : 0);
}
