namespace HotQuic.Streams;

/// <summary>The stream drivers of one shard and one kind that wait for their next life. The shard's thread only.</summary>
internal sealed class StreamDriverPool<T>
    where T : StreamDriver, new()
{
    private const int MaxRetained = 4096;

    private readonly Stack<T> _free = new();

    /// <summary>Drivers that were rented and have not come back; those of handles that were never disposed of never do.</summary>
    public long Outstanding { get; private set; }

    public T Rent()
    {
        Outstanding++;
        return _free.TryPop(out T? driver) ? driver : new T();
    }

    public void Return(T driver)
    {
        Outstanding--;
        if (_free.Count < MaxRetained)
        {
            _free.Push(driver);
        }
    }
}
