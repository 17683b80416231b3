namespace HotQuic.Streams;

/// <summary>Why an operation of a pipe need not wait any longer.</summary>
internal enum PipeSignal
{
    /// <summary>What it waited for is there, or never comes: the state says which.</summary>
    Progress,

    /// <summary>Its token was cancelled.</summary>
    TokenCancelled,

    /// <summary>The stream's own methods are at work on the direction.</summary>
    Refused,
}

/// <summary>How the application got hold of a direction.</summary>
internal enum PipeEntry
{
    Entered,

    /// <summary>It has hold of it already.</summary>
    Busy,

    /// <summary>The direction has ended with a failure.</summary>
    Ended,

    /// <summary>The stream is not there any more.</summary>
    Stale,
}
