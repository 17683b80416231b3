using HotQuic.Core.Datagrams;

namespace HotQuic.Connections;

/// <summary>Datagrams (RFC 9221), as far as they are the same for every application.</summary>
internal sealed partial class ConnectionDriver
{
    private bool TellDatagramReports()
    {
        bool any = false;
        while (Core.Datagrams.TryTakeReport(out DatagramReport report))
        {
            any = true;
            Application?.OnDatagramReport(report);
        }

        return any;
    }
}
