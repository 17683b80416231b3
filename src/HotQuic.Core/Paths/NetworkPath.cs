namespace HotQuic.Core.Paths;

/// <summary>The two addresses that datagrams travel between (RFC 9000 §9).</summary>
internal readonly record struct NetworkPath(PathAddress Local, PathAddress Remote);
