using System.Buffers.Binary;
using System.Security.Cryptography;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Time;

namespace HotQuic.Core.Endpoints;

internal enum TokenKind : byte
{
    Retry = 1,
    NewToken = 2,
}

internal enum TokenVerdict : byte
{
    /// <summary>The token proves the address.</summary>
    Valid,

    /// <summary>A Retry token of ours that is expired or belongs to another address: the client will not get further with it.</summary>
    InvalidRetry,

    /// <summary>Not a token of ours that is still worth anything: as if there were none (RFC 9000 §8.1.3).</summary>
    NotAToken,
}

/// <summary>What a valid token says.</summary>
internal readonly record struct TokenContent(TokenKind Kind, ConnectionId OriginalDestinationId, ConnectionId RetrySourceId);

/// <summary>
/// Makes and reads the tokens of Retry packets and NEW_TOKEN frames (RFC 9000 §8.1). A token is sealed with AES-128-GCM under a
/// key that changes every period and derives from one secret, so that the members of a fleet read one another's. A Retry token
/// is bound to address and port, a NEW_TOKEN token to the address.
/// </summary>
internal sealed class TokenProtector : IDisposable
{
    /// <summary>The longest token that we make.</summary>
    public const int MaxLength = HeaderLength + MaxContentLength + TagLength;

    private const int NonceLength = 12;
    private const int TagLength = 16;

    /// <summary>A kind in the clear, and the period by its low byte.</summary>
    private const int HeaderLength = 2 + NonceLength;
    private const int AddressLength = 18;
    private const int MaxContentLength = 8 + AddressLength + 1 + ConnectionId.MaxLength + 1 + ConnectionId.MaxLength;

    private const int KeptPeriods = 4;

    private readonly TokenOptions _options;
    private readonly RandomSource _random;
    private readonly byte[] _secret;

    /// <summary>Of each kind for so many periods, the lowest bits of their numbers telling them apart.</summary>
    private readonly PeriodKey[] _keys = new PeriodKey[2 * KeptPeriods];

    /// <param name="options">Periods and lifetimes.</param>
    /// <param name="random">Makes nonces.</param>
    /// <param name="secret">32 bytes that a fleet may share.</param>
    public TokenProtector(TokenOptions options, RandomSource random, ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(secret.Length, 32, nameof(secret));
        _options = options;
        _random = random;
        _secret = secret.ToArray();
    }

    /// <summary>Writes a token and returns its length.</summary>
    public int Write(Span<byte> destination, in TokenContent content, PathAddress address, Instant now)
    {
        long period = PeriodAt(now, content.Kind);
        Span<byte> plaintext = stackalloc byte[MaxContentLength];
        BinaryPrimitives.WriteInt64BigEndian(plaintext, WallTicks(now));
        WriteAddress(plaintext[8..], address, content.Kind);
        int length = 8 + AddressLength;
        length += WriteId(plaintext[length..], content.OriginalDestinationId);
        length += WriteId(plaintext[length..], content.RetrySourceId);

        destination[0] = (byte)content.Kind;
        destination[1] = (byte)period;
        Span<byte> nonce = destination.Slice(2, NonceLength);
        _random.Fill(nonce);
        Span<byte> sealedBytes = destination.Slice(HeaderLength, length);
        KeyOf(period, content.Kind).Encrypt(nonce, plaintext[..length], sealedBytes, destination.Slice(HeaderLength + length, TagLength), destination[..2]);
        return HeaderLength + length + TagLength;
    }

    public TokenVerdict Read(ReadOnlySpan<byte> token, PathAddress address, Instant now, out TokenContent content)
    {
        content = default;
        if (token.Length is < HeaderLength + TagLength or > MaxLength || token[0] is not ((byte)TokenKind.Retry or (byte)TokenKind.NewToken))
        {
            return TokenVerdict.NotAToken;
        }

        var kind = (TokenKind)token[0];
        TokenVerdict invalid = kind == TokenKind.Retry ? TokenVerdict.InvalidRetry : TokenVerdict.NotAToken;
        long current = PeriodAt(now, kind);

        // One period back, or one ahead: the member of a fleet that made the token may have a clock that is a little fast.
        int distance = (sbyte)(token[1] - (byte)current);
        Span<byte> plaintext = stackalloc byte[MaxContentLength];
        plaintext = plaintext[..(token.Length - HeaderLength - TagLength)];
        if (distance is < -1 or > 1 || !TryDecrypt(token, KeyOf(current + distance, kind), plaintext))
        {
            return invalid;
        }

        Span<byte> expected = stackalloc byte[AddressLength];
        WriteAddress(expected, address, kind);
        if (plaintext.Length < 8 + AddressLength + 2 || !plaintext.Slice(8, AddressLength).SequenceEqual(expected))
        {
            return invalid;
        }

        ReadOnlySpan<byte> ids = plaintext[(8 + AddressLength)..];
        int originalLength = ids[0];
        int retryLength = ids.Length > 1 + originalLength ? ids[1 + originalLength] : ConnectionId.MaxLength + 1;
        if (originalLength > ConnectionId.MaxLength || retryLength > ConnectionId.MaxLength || ids.Length < 2 + originalLength + retryLength)
        {
            return invalid;
        }

        content = new TokenContent(kind, new ConnectionId(ids.Slice(1, originalLength)), new ConnectionId(ids.Slice(2 + originalLength, retryLength)));
        return TokenVerdict.Valid;
    }

    public void Dispose()
    {
        foreach (PeriodKey key in _keys)
        {
            key.Aead?.Dispose();
        }

        CryptographicOperations.ZeroMemory(_secret);
    }

    /// <summary>The platform's class throws on a forged token; that is caught here and is all that comes of it.</summary>
    private static bool TryDecrypt(ReadOnlySpan<byte> token, AesGcm key, Span<byte> plaintext)
    {
        try
        {
            key.Decrypt(token.Slice(2, NonceLength), token.Slice(HeaderLength, plaintext.Length), token[^TagLength..], plaintext, token[..2]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private long WallTicks(Instant now) => _options.WallClockAtZero.UtcTicks + now.Ticks;

    private long PeriodAt(Instant now, TokenKind kind) =>
        WallTicks(now) / (kind == TokenKind.Retry ? _options.RetryPeriod : _options.NewTokenPeriod).Ticks;

    private AesGcm KeyOf(long period, TokenKind kind)
    {
        ref PeriodKey slot = ref _keys[((int)(period & (KeptPeriods - 1)) << 1) | ((int)kind - 1)];
        if (slot.Aead is null || slot.Period != period)
        {
            slot.Aead?.Dispose();
            Span<byte> info = stackalloc byte[9];
            info[0] = (byte)kind;
            BinaryPrimitives.WriteInt64BigEndian(info[1..], period);
            Span<byte> key = stackalloc byte[16];
            HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, key, "hotquic token"u8, info);
            slot = new PeriodKey(period, new AesGcm(key, TagLength));
            CryptographicOperations.ZeroMemory(key);
        }

        return slot.Aead!;
    }

    private static int WriteId(Span<byte> destination, ConnectionId id)
    {
        destination[0] = (byte)id.Length;
        id.Span.CopyTo(destination[1..]);
        return 1 + id.Length;
    }

    private static void WriteAddress(Span<byte> destination, PathAddress address, TokenKind kind)
    {
        address.WriteBytes(destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[16..], kind == TokenKind.Retry ? address.Port : (ushort)0);
    }

    private readonly record struct PeriodKey(long Period, AesGcm? Aead);
}

/// <summary>How long tokens live: each is valid in the period of its making and in the next; in the one before too, since clocks differ.</summary>
internal sealed record TokenOptions
{
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan NewTokenPeriod { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The time of day at <see cref="Instant"/> zero: a fleet shares days, not monotonic clocks.</summary>
    public DateTimeOffset WallClockAtZero { get; init; } = DateTimeOffset.UnixEpoch;
}
