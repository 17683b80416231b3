using HotQuic.Core.Datagrams;

namespace HotQuic.Connections;

/// <summary>Datagrams (RFC 9221), as far as they are the same for every application.</summary>
internal sealed partial class ConnectionDriver
{
    private void DrainDatagramReports()
    {
        while (Core.Datagrams.TryTakeReport(out DatagramReport report))
        {
            Application?.OnDatagramReport(report);
        }
    }
}
