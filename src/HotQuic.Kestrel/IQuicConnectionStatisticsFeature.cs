namespace HotQuic.Kestrel;

/// <summary>
/// What the QUIC connection of a request has measured and counted: round-trip time, congestion window, losses, bytes. In an application:
/// <c>context.Features.Get&lt;IQuicConnectionStatisticsFeature&gt;()?.GetStatistics()</c>, which is null for HTTP/1.1 and HTTP/2.
/// </summary>
public interface IQuicConnectionStatisticsFeature
{
    /// <summary>The numbers of this moment; those of its end once the connection is over. It neither waits nor allocates. From any thread.</summary>
    /// <returns>The numbers.</returns>
    QuicConnectionStatistics GetStatistics();
}
