using System.Net;

namespace HotQuic.Connections;

/// <summary>One change of a peer's address, to be told to the application on the thread pool.</summary>
internal readonly record struct AddressChange(Action<QuicConnection, IPEndPoint> Callback, QuicConnection Connection, IPEndPoint Address)
{
    public void Tell()
    {
        try
        {
            Callback(Connection, Address);
        }
        catch (Exception)
        {
            // It is told, not asked: what it throws changes nothing.
        }
    }
}
