namespace HotQuic.Core.Frames;

/// <summary>How many packets came with each ECN mark in one packet number space, from its start (RFC 9000 §19.3.2).</summary>
internal readonly record struct EcnCounts(ulong Ect0, ulong Ect1, ulong Ce);
