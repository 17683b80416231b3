using System.Net;
using System.Net.Sockets;

namespace HotQuic.Tools.Commands;

/// <summary>Starts listeners.</summary>
internal static class Listening
{
    /// <summary>Starts one; where the system refuses, says at which address it did.</summary>
    /// <exception cref="CommandException">The address is in use, is none of this machine, or is not for this user.</exception>
    public static async Task<T> AtAsync<T>(IPEndPoint endPoint, Func<Task<T>> listen)
    {
        try
        {
            return await listen();
        }
        catch (SocketException e)
        {
            throw new CommandException($"cannot listen on {endPoint}: {e.Message}", e);
        }
    }
}
