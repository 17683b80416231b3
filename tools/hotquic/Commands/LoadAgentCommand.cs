using System.CommandLine;
using System.Net;
using HotQuic.Load.Harness.Agents;
using HotQuic.Tools.Output;

namespace HotQuic.Tools.Commands;

/// <summary><c>hotquic load-agent</c>: one of the machines that make the load of a <c>hotquic load --agents</c>.</summary>
internal static class LoadAgentCommand
{
    /// <summary>What the first line begins with, before the address.</summary>
    public const string Listening = "listening on ";

    private static readonly IPEndPoint DefaultEndPoint = new(IPAddress.Loopback, 4434);

    public static Command Create(Terminal terminal)
    {
        Option<IPEndPoint?> listen = CommonOptions.Listen(DefaultEndPoint);
        Option<int?> shards = CommonOptions.Shards();
        Option<int?> spin = CommonOptions.Spin();
        Option<bool> untilInputEnds = CommonOptions.UntilInputEnds();
        Command command = new(
            "load-agent",
            $"Make loads for a 'hotquic load --agents' on another machine. Both know one another by the secret in {LoadCommand.TokenVariable}, "
            + "which is made and printed where there is none. Whoever knows it can have anything loaded that this machine reaches.")
        {
            listen, shards, spin, untilInputEnds,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            EngineSettings.UseShards(parsed.GetValue(shards));
            EngineSettings.UseSpin(parsed.GetValue(spin));
            IPEndPoint endPoint = parsed.GetValue(listen) ?? DefaultEndPoint;
            string? given = LoadCommand.TokenOfEnvironment();
            string token = given ?? LoadAgent.NewToken();
            await using LoadAgent agent = await StartAsync(endPoint, token, terminal, cancellation);
            terminal.Output.WriteLine($"{Listening}{agent.LocalEndPoint}");
            if (given is null)
            {
                terminal.Output.WriteLine($"{LoadCommand.TokenVariable}={token}");
            }

            await terminal.Output.FlushAsync(cancellation);
            using EndOfInput end = new(parsed.GetValue(untilInputEnds), cancellation);
            await agent.RunAsync(end.Token);
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task<LoadAgent> StartAsync(IPEndPoint endPoint, string token, Terminal terminal, CancellationToken cancellation)
    {
        try
        {
            return await Commands.Listening.AtAsync(endPoint, () => LoadAgent.ListenAsync(endPoint, token, terminal.Output.WriteLine, cancellation));
        }
        catch (ArgumentException e)
        {
            throw new CommandException($"{LoadCommand.TokenVariable}: {e.Message.Split(" (Parameter '")[0]}", e);
        }
    }
}
