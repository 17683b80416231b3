using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace HotQuic.Core.Packets;

/// <summary>A connection ID of 0 to 20 bytes (RFC 9000 §5.1), held by value.</summary>
internal readonly struct ConnectionId : IEquatable<ConnectionId>
{
    /// <summary>The longest that version 1 and 2 allow.</summary>
    public const int MaxLength = 20;

    private readonly Bytes _bytes;
    private readonly byte _length;

    /// <exception cref="ArgumentOutOfRangeException">More than 20 bytes were given.</exception>
    public ConnectionId(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxLength);
        _bytes = default;
        bytes.CopyTo(_bytes);
        _length = (byte)bytes.Length;
    }

    public static ConnectionId Empty => default;

    /// <summary>An ID whose bytes are all random.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is not 0 to 20.</exception>
    public static ConnectionId Random(RandomSource random, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)MaxLength, nameof(length));
        Span<byte> bytes = stackalloc byte[length];
        random.Fill(bytes);
        return new ConnectionId(bytes);
    }

    public int Length => _length;

    public bool IsEmpty => _length == 0;

    /// <summary>The bytes, valid as long as the variable that holds this value.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => ((ReadOnlySpan<byte>)_bytes)[.._length];

    public bool Equals(ConnectionId other) => _length == other._length && ((ReadOnlySpan<byte>)_bytes).SequenceEqual(other._bytes);

    /// <summary>True where these are the bytes; compares without making a value first.</summary>
    public bool Matches(ReadOnlySpan<byte> bytes) => Span.SequenceEqual(bytes);

    public override bool Equals(object? obj) => obj is ConnectionId other && Equals(other);

    /// <summary>Not keyed: a table that holds IDs chosen by strangers brings a keyed comparer of its own.</summary>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Convert.ToHexStringLower(Span);

    public static bool operator ==(ConnectionId a, ConnectionId b) => a.Equals(b);

    public static bool operator !=(ConnectionId a, ConnectionId b) => !a.Equals(b);

    [InlineArray(MaxLength)]
    private struct Bytes
    {
        private byte _first;
    }
}
