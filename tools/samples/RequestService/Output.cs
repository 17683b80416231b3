namespace RequestService;

/// <summary>
/// Lines for people, written by the thread pool: a terminal or a pipe that is slow would hold up every connection of the shard that a handler
/// writes from.
/// </summary>
internal static class Output
{
    public static void Write(string line) => ThreadPool.UnsafeQueueUserWorkItem(static text => Console.WriteLine(text), line, preferLocal: false);
}
