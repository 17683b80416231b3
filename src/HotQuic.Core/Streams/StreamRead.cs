namespace HotQuic.Core.Streams;

/// <summary>What a read gave: so many bytes, and whether the stream ends after them.</summary>
internal readonly record struct StreamRead(int Count, bool IsEnd);
