using HotQuic.Load;

namespace HotQuic.Tools.Tests.Load;

public sealed class TaskGroupTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task ItEndsWithTheLastTaskHoweverThatEnds()
    {
        TaskGroup group = new();
        TaskCompletionSource first = new();
        TaskCompletionSource second = new();
        group.Add(first.Task);
        group.Add(second.Task);
        group.Add(Task.CompletedTask);

        Task ended = group.WhenEndedAsync(Patience);
        first.SetException(new IOException());
        Assert.NotNull(first.Task.Exception);

        Assert.False(ended.IsCompleted);
        second.SetCanceled();
        await ended;
    }

    [Fact]
    public async Task AnEmptyOneHasEnded() => await new TaskGroup().WhenEndedAsync(Patience);

    [Fact]
    public async Task PatienceEnds()
    {
        TaskGroup group = new();
        TaskCompletionSource never = new();
        group.Add(never.Task);

        await group.WhenEndedAsync(TimeSpan.Zero);

        Assert.False(never.Task.IsCompleted);
    }
}
