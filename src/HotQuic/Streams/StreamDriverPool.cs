namespace HotQuic.Streams;

/// <summary>The stream drivers of one shard that wait for their next life. The shard's thread only.</summary>
internal sealed class StreamDriverPool
{
    private const int MaxRetained = 4096;

    private readonly Stack<StreamDriver> _free = new();

    /// <summary>Drivers that were rented and have not come back; those of handles that were never disposed of never do.</summary>
    public long Outstanding { get; private set; }

    public StreamDriver Rent()
    {
        Outstanding++;
        return _free.TryPop(out StreamDriver? driver) ? driver : new StreamDriver();
    }

    public void Return(StreamDriver driver)
    {
        Outstanding--;
        if (_free.Count < MaxRetained)
        {
            _free.Push(driver);
        }
    }
}
