using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace HotQuic.Tools.Commands;

/// <summary>Rules about several options at once.</summary>
internal static class Checks
{
    /// <summary>Both options or neither.</summary>
    public static void RequireTogether(Command command, Option first, Option second) => command.Validators.Add(result =>
    {
        if (result.GetResult(first) is { Implicit: false } != result.GetResult(second) is { Implicit: false })
        {
            result.AddError($"{first.Name} and {second.Name} belong together.");
        }
    });

    /// <summary>At most one of the two.</summary>
    public static void RequireOneAtMost(Command command, Option first, Option second) => command.Validators.Add(result =>
    {
        if (result.GetResult(first) is { Implicit: false } && result.GetResult(second) is { Implicit: false })
        {
            result.AddError($"{first.Name} and {second.Name} exclude each other.");
        }
    });

    /// <summary>An unknown option is no file: one whose name begins with a dash is written ./-name.</summary>
    public static void RefuseOptions(Argument argument) => argument.Validators.Add(result =>
    {
        foreach (Token token in result.Tokens.Where(token => token.Value.StartsWith('-')))
        {
            result.AddError($"'{token.Value}' is not an option of this command.");
        }
    });

    /// <summary>The name that a made certificate should prove for a listener there, beyond localhost; null for any address.</summary>
    public static string? NameOf(IPEndPoint endPoint) =>
        endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any) ? null : endPoint.Address.ToString();
}
