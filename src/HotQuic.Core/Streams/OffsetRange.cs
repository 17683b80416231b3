namespace HotQuic.Core.Streams;

/// <summary>Bytes of a stream from <paramref name="Start"/> up to, and not with, <paramref name="End"/>.</summary>
internal readonly record struct OffsetRange(ulong Start, ulong End)
{
    public ulong Length => End - Start;

    public bool IsEmpty => Start >= End;
}
