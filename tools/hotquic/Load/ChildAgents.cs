using System.Net;
using HotQuic.Load.Harness.Agents;
using HotQuic.Tools.Commands;

namespace HotQuic.Tools.Load;

/// <summary>
/// Several <c>hotquic load-agent</c>s in processes of their own, for as long as this object lives: <see cref="StartAsync"/>, have the load made
/// by <see cref="Addresses"/>, dispose.
/// </summary>
internal sealed class ChildAgents : IAsyncDisposable
{
    private readonly ChildProcess[] _processes;

    private ChildAgents(ChildProcess[] processes, string token)
    {
        _processes = processes;
        Addresses = [.. processes.Select(process => new LoadAgentAddress(Parse(process.FirstLine), token))];
        Array.ForEach(processes, process => process.IgnoreOutput());
    }

    /// <summary>Where they are.</summary>
    public IReadOnlyList<LoadAgentAddress> Addresses { get; }

    /// <summary>Starts the processes on 127.0.0.1 and waits until they are ready.</summary>
    /// <exception cref="CommandException">One did not get there.</exception>
    public static async Task<ChildAgents> StartAsync(int count, CancellationToken cancellation)
    {
        string token = LoadAgent.NewToken();
        Dictionary<string, string> environment = new() { [LoadCommand.TokenVariable] = token };
        string[] arguments = ["load-agent", "--listen", "127.0.0.1:0", "--until-stdin-ends"];
        List<ChildProcess> started = [];
        try
        {
            for (int index = 0; index < count; index++)
            {
                started.Add(await ChildProcess.StartAsync("agent", arguments, environment, cancellation));
            }

            return new([.. started], token);
        }
        catch
        {
            foreach (ChildProcess process in started)
            {
                await process.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Ends the processes.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_processes.Select(process => process.DisposeAsync().AsTask()));

    private static IPEndPoint Parse(string line) =>
        line.StartsWith(LoadAgentCommand.Listening, StringComparison.Ordinal)
        && IPEndPoint.TryParse(line[LoadAgentCommand.Listening.Length..], out IPEndPoint? endPoint)
            ? endPoint
            : throw new CommandException($"The agent's process said something unexpected: {line}");
}
