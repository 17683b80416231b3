namespace HotQuic.Tools.Files;

/// <summary>How a directory is served over HTTP/3.</summary>
/// <param name="RetryMode">Whether clients prove their address by a Retry.</param>
/// <param name="KeyLogFile">Where to log TLS secrets; null for nowhere.</param>
internal sealed record Http3ServingOptions(QuicRetryMode RetryMode, string? KeyLogFile);
