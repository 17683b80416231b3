using System.Text;

namespace HotQuic.Udp.Tests;

public class ProcessorLoadTests
{
    [Theory]
    [InlineData("0.20 0.18 0.12 3/80 11206\n", 3)]
    [InlineData("12.00 8.18 5.12 128/4096 4194304\n", 128)]
    public void TheThreadsThatRunAreReadOfTheSystemsLine(string line, int expected)
    {
        Assert.True(ProcessorLoad.TryParse(Encoding.ASCII.GetBytes(line), out int running));
        Assert.Equal(expected, running);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("0.20 0.18 0.12")]
    [InlineData("0.20 0.18 0.12 3")]
    [InlineData("0.20 0.18 0.12 3 80 11206")]
    [InlineData("0.20 0.18 0.12 0/0 0")]
    [InlineData("0.20 0.18 0.12 -1/80 11206")]
    [InlineData("0.20 0.18 0.12 many/80 11206")]
    public void AnyOtherLineTellsNothing(string line) => Assert.False(ProcessorLoad.TryParse(Encoding.ASCII.GetBytes(line), out _));

    [SkippableFact]
    public void WhereMoreThreadsRunThanThereAreProcessorsThereIsNoRoom()
    {
        Skip.IfNot(ProcessorLoad.IsKnown, "The system does not tell how busy its processors are, or the process may use a part of them only.");
        bool isOver = false;
        Thread[] threads = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => new Thread(Run))];
        Array.ForEach(threads, thread => thread.Start());
        Assert.True(SpinWait.SpinUntil(() => !ProcessorLoad.HasRoom(), TimeSpan.FromSeconds(30)));
        Volatile.Write(ref isOver, true);
        Array.ForEach(threads, thread => thread.Join());

        void Run()
        {
            while (!Volatile.Read(ref isOver))
            {
            }
        }
    }
}
