using System.Security.Cryptography;
using System.Text;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Tls;

/// <summary>
/// What the handshakes of one shard share so that none allocates it: running hashes that are not in use, and the server names that
/// clients asked for of late. One thread uses it, so it has no lock.
/// </summary>
internal sealed class HandshakePool
{
    /// <summary>Hashes that are kept of each function: handshakes of one shard that end about the same time.</summary>
    private const int RetainedHashes = 256;

    /// <summary>A power of two.</summary>
    private const int RememberedNames = 64;

    private readonly Stack<IncrementalHash>[] _hashes = [new(), new()];
    private readonly string?[] _names = new string?[RememberedNames];

    /// <summary>A running hash of nothing so far.</summary>
    public IncrementalHash RentHash(HashFunction function) =>
        _hashes[(int)function].TryPop(out IncrementalHash? hash) ? hash : IncrementalHash.CreateHash(function.Name());

    /// <summary>Takes a hash back, and empties it.</summary>
    public void Return(HashFunction function, IncrementalHash hash)
    {
        Stack<IncrementalHash> kept = _hashes[(int)function];
        if (kept.Count == RetainedHashes)
        {
            hash.Dispose();
            return;
        }

        Span<byte> discarded = stackalloc byte[HashFunctions.MaxLength];
        _ = hash.GetHashAndReset(discarded);
        kept.Push(hash);
    }

    /// <summary>The name as a string: the same one as last time, where no other name took its place.</summary>
    /// <param name="name">In ASCII.</param>
    public string NameOf(ReadOnlySpan<byte> name)
    {
        uint hash = (uint)name.Length;
        foreach (byte character in name)
        {
            hash = (hash * 31) + character;
        }

        ref string? known = ref _names[hash & (RememberedNames - 1)];
        if (known is null || !Ascii.Equals(name, known))
        {
            known = Encoding.ASCII.GetString(name);
        }

        return known;
    }
}
