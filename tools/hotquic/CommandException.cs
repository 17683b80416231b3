namespace HotQuic.Tools;

/// <summary>A command cannot go on; the message is for its user, and says what to do where that is known.</summary>
internal sealed class CommandException(string message, Exception? cause = null) : Exception(message, cause);
