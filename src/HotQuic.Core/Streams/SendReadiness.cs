namespace HotQuic.Core.Streams;

/// <summary>What a stream has to send, as the scheduler sorts it.</summary>
internal enum SendReadiness : byte
{
    /// <summary>Nothing, or nothing that the stream's own limit allows.</summary>
    Idle = 0,

    /// <summary>Lost data, or a FIN alone: it goes out first and does not count against the connection's limit again.</summary>
    WithoutCredit,

    /// <summary>New data, which needs room in the connection's limit.</summary>
    WithCredit,
}
