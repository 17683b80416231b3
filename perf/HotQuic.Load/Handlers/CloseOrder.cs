namespace HotQuic.Load.Handlers;

/// <summary>The message that has a connection closed.</summary>
internal sealed class CloseOrder
{
    private CloseOrder()
    {
    }

    public static CloseOrder Instance { get; } = new();
}
