namespace HotQuic.Core.Protection;

/// <summary>The ciphers, which come from the shard's pool and go back to it: at the end, and while nothing is sealed or opened.</summary>
internal sealed partial class KeyPhases
{
    /// <summary>The ciphers are with the pool.</summary>
    public bool IsResting => _secrets is not null && _send is null;

    /// <summary>
    /// Gives the ciphers back until a packet is sealed or opened. False where there are keys of another generation than those in use, which
    /// <see cref="OnTimeout"/> ends (RFC 9001 §6.5).
    /// </summary>
    public bool TryRest()
    {
        if (_previous is not null)
        {
            return false;
        }

        Return(ref _send);
        Return(ref _current);
        Return(ref _next);
        Return(ref _retired);
        Return(ref _sendHeaderProtection);
        Return(ref _receiveHeaderProtection);
        return true;
    }

    /// <summary>Takes ciphers from the pool for the keys in use and the next ones.</summary>
    private KeyPhases Wake()
    {
        ObjectDisposedException.ThrowIf(_secrets is null, this);
        _send = RentAead(SendSecret);
        _current = RentAead(ReceiveSecret);
        _sendHeaderProtection = RentHeaderProtection(SendHeaderProtectionKey);
        _receiveHeaderProtection = RentHeaderProtection(ReceiveHeaderProtectionKey);
        DeriveNext();
        return this;
    }

    private PacketAead RentAead(ReadOnlySpan<byte> secret)
    {
        PacketAead aead = _pool.RentAead(_settings.Suite, _settings.Backend);
        PacketKeys.Rekey(_settings.Version, secret, aead);
        return aead;
    }

    private HeaderProtection RentHeaderProtection(ReadOnlySpan<byte> key)
    {
        HeaderProtection protection = _pool.RentHeaderProtection(_settings.Suite, _settings.Backend);
        protection.Rekey(key);
        return protection;
    }

    private void Return(ref PacketAead? aead)
    {
        if (aead is not null)
        {
            _pool.Return(aead);
            aead = null;
        }
    }

    private void Return(ref KeyMemory? secrets)
    {
        if (secrets is not null)
        {
            _pool.Return(secrets);
            secrets = null;
        }
    }

    private void Return(ref HeaderProtection? protection)
    {
        if (protection is not null)
        {
            _pool.Return(protection);
            protection = null;
        }
    }
}
