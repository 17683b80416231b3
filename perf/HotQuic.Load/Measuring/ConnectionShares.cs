using System.Runtime.InteropServices;

namespace HotQuic.Load.Measuring;

/// <summary>
/// The application bytes of each connection that lasts, while the window is open: <see cref="Count"/> from any thread, which allocates nothing,
/// then <see cref="ToArray"/>.
/// </summary>
public sealed class ConnectionShares(int connections)
{
    private readonly Share[] _shares = new Share[connections];

    /// <summary>A connection has moved so many bytes more; where connections do not last, nothing is counted.</summary>
    /// <param name="connection">Its number, from 0.</param>
    /// <param name="bytes">What an operation moved.</param>
    public void Count(int connection, long bytes)
    {
        if (_shares.Length > 0)
        {
            Interlocked.Add(ref _shares[connection % _shares.Length].Bytes, bytes);
        }
    }

    /// <summary>The bytes of each.</summary>
    public long[] ToArray() => Array.ConvertAll(_shares, static share => share.Bytes);

    /// <summary>A cache line each, since connections are of different threads.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Share
    {
        public long Bytes;
    }
}
