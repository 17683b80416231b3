namespace HotQuic.Udp;

/// <summary>Who else may hold a socket's port.</summary>
internal enum PortSharing : byte
{
    /// <summary>Nobody.</summary>
    None,

    /// <summary>
    /// Sockets of this user that ask for <see cref="NextShard"/>, after this one has bound alone: as long as it lives, any other
    /// bind fails, in this process and in every other.
    /// </summary>
    FirstShard,

    /// <summary>
    /// Joins the port that a socket bound with <see cref="FirstShard"/> holds. Shards are numbered in the order in which they join.
    /// </summary>
    NextShard,

    /// <summary>
    /// Any socket of this user, of other processes too, that asks for the same: the system spreads datagrams over all of them.
    /// </summary>
    OtherProcesses,
}
