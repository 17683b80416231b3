namespace HotQuic.Http3.Handlers;

/// <summary>A server as requests name it: connections are shared by those with the same host and port (RFC 9114 §3.3).</summary>
internal readonly record struct Origin(string Host, int Port);
