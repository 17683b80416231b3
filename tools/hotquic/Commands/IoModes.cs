namespace HotQuic.Tools.Commands;

/// <summary>The ways of moving datagrams by their names on the command line.</summary>
internal static class IoModes
{
    /// <summary>What is used where none is named.</summary>
    public const string Default = "auto";

    private static readonly (string Name, QuicIoMode Mode)[] Modes =
    [
        (Default, QuicIoMode.Auto),
        ("offload", QuicIoMode.Offload),
        ("sockets", QuicIoMode.Sockets),
    ];

    /// <summary>All names.</summary>
    public static string[] Names { get; } = [.. Modes.Select(entry => entry.Name)];

    /// <summary>The mode of a name; the default for none.</summary>
    public static QuicIoMode Parse(string? name) => Array.Find(Modes, entry => entry.Name == (name ?? Default)).Mode;
}
