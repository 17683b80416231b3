using Mono.Cecil;

namespace HotQuic.Architecture.Tests;

/// <summary>The rules of the house, read from the compiled assemblies: what may know what, and what the protocol never touches.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "HotQuic.Core";

    /// <summary>The levels of the protocol's folders: an arrow points only to a lower one.</summary>
    private static readonly Dictionary<string, int> Levels = new()
    {
        [""] = 0,
        ["Wire"] = 0,
        ["Time"] = 0,
        ["Errors"] = 0,
        ["Packets"] = 1,
        ["Frames"] = 1,
        ["Parameters"] = 1,
        ["Protection"] = 2,
        ["Tls"] = 2,
        ["Acknowledgements"] = 3,
        ["CongestionControl"] = 3,
        ["Recovery"] = 3,
        ["Streams"] = 3,
        ["Datagrams"] = 3,
        ["Paths"] = 3,
        ["Connections"] = 4,
        ["Endpoints"] = 5,
    };

    /// <summary>Arrows that the levels alone do not decide.</summary>
    private static readonly HashSet<(string From, string To)> Permitted =
    [
        // Frames and parameters speak of connection IDs, packet number spaces and levels.
        ("Frames", "Packets"), ("Parameters", "Packets"),

        // Suites and the HKDF label are shared.
        ("Tls", "Protection"),
        ("Recovery", "CongestionControl"),

        // The side room: who composes also reports.
        ("Connections", "Events"), ("Endpoints", "Events"),
        ("Events", "Wire"), ("Events", "Time"), ("Events", "Errors"), ("Events", "Packets"), ("Events", "Frames"), ("Events", "Parameters"),
    ];

    /// <summary>Namespaces and types that would tie the protocol to an environment (design: three locks).</summary>
    private static readonly string[] Forbidden =
    [
        "System.Threading.", "System.Net.Sockets.", "System.Net.Dns", "System.Net.NetworkInformation.", "System.Net.Quic.", "System.Net.Security.", "System.Net.Http.",
        "System.IO.File", "System.IO.Directory", "System.IO.Stream", "System.IO.TextWriter", "System.IO.TextReader", "System.Console", "System.Timers.", "System.Diagnostics.Process", "System.Diagnostics.Stopwatch",
        "System.Random", "System.Security.Cryptography.RandomNumberGenerator", "System.TimeProvider", "System.DateTime ", "System.Environment ", "System.Collections.Concurrent.",
        "Microsoft.Extensions.",
    ];

    /// <summary>Exceptions from the list: no waiting, no clock, nothing shared.</summary>
    private static readonly string[] Harmless = ["System.Threading.CancellationToken"];

    [Fact]
    public void NoArrowOfTheProtocolPointsUp()
    {
        using ModuleDefinition core = Read("HotQuic.Core.dll");
        string[] wrong = [.. ReferenceGraph.Of(core).Where(IsWrongArrow).Select(r => $"{r.From} -> {r.To}").Distinct()];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    /// <summary>Events may see levels 0 and 1 as its definitions need; elsewhere an exception that nobody uses is none.</summary>
    [Fact]
    public void EveryArrowThatIsPermittedBesideTheLevelsIsUsed()
    {
        using ModuleDefinition core = Read("HotQuic.Core.dll");
        IEnumerable<(string From, string To)> used = ReferenceGraph.Of(core)
            .Where(reference => reference.FromNamespace.StartsWith(Root, StringComparison.Ordinal) && reference.ToNamespace.StartsWith(Root, StringComparison.Ordinal))
            .Select(reference => (FolderOf(reference.FromNamespace), FolderOf(reference.ToNamespace)));
        string[] unused = [.. Permitted.Where(arrow => arrow.From != "Events").Except(used).Select(arrow => $"{arrow.From} -> {arrow.To}")];
        Assert.True(unused.Length == 0, string.Join('\n', unused));
    }

    [Fact]
    public void EveryFolderOfTheProtocolHasALevel()
    {
        using ModuleDefinition core = Read("HotQuic.Core.dll");
        IEnumerable<string> folders = core.GetTypes().Select(type => type.Namespace).Where(space => space.StartsWith(Root, StringComparison.Ordinal)).Select(FolderOf).Distinct();
        Assert.Empty(folders.Except([.. Levels.Keys, "Events"]));
    }

    [Fact]
    public void TheProtocolTouchesNoSocketThreadLockTimerClockFileOrSharedRandomness()
    {
        using ModuleDefinition core = Read("HotQuic.Core.dll");
        string[] wrong = [.. ReferenceGraph.Of(core).Where(reference => IsForbidden(reference.To)).Select(r => $"{r.From} -> {r.To}").Distinct()];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void TheProtocolCallsNoneOfTheClocksOfOtherwiseHarmlessTypes()
    {
        using ModuleDefinition core = Read("HotQuic.Core.dll");
        string[] clocks = ["System.DateTime::get_UtcNow", "System.DateTime::get_Now", "System.DateTimeOffset::get_UtcNow", "System.DateTimeOffset::get_Now", "System.Environment::get_TickCount64", "System.Environment::get_TickCount"];
        IEnumerable<string> members = core.GetMemberReferences().Select(member => $"{member.DeclaringType.FullName}::{member.Name}");
        Assert.Empty(members.Intersect(clocks));
    }

    [Theory]
    [InlineData("HotQuic.Core.dll")]
    [InlineData("HotQuic.Udp.dll")]
    public void CoreAndUdpKnowNoOtherProjectOfOurs(string file)
    {
        using ModuleDefinition module = Read(file);
        Assert.Empty(module.AssemblyReferences.Where(reference => reference.Name.StartsWith("HotQuic", StringComparison.Ordinal)).Select(reference => reference.Name));
    }

    [Fact]
    public void NothingButThePlatformComesWithTheProtocol()
    {
        using ModuleDefinition core = Read("HotQuic.Core.dll");
        Assert.All(core.AssemblyReferences, reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal));
    }

    /// <summary>What stands on the engine stands on what everybody can use: no type of it is internal, and nothing below it is known.</summary>
    [Theory]
    [InlineData("HotQuic.Http3.dll")]
    [InlineData("HotQuic.Kestrel.dll")]
    public void WhatStandsOnTheEngineUsesItsPublicTypesOnly(string file)
    {
        using ModuleDefinition module = Read(file);
        using ModuleDefinition engine = Read("HotQuic.dll");
        Assert.Equal(["HotQuic"], module.AssemblyReferences.Select(reference => reference.Name).Where(name => name.StartsWith("HotQuic", StringComparison.Ordinal)));
        string[] used = [.. module.GetTypeReferences().Where(type => type.Scope.Name == "HotQuic").Select(type => type.FullName)];
        Assert.NotEmpty(used);
        Assert.DoesNotContain(used, name => engine.GetType(name) is not { IsPublic: true });
        string self = Path.GetFileNameWithoutExtension(file);
        Assert.DoesNotContain(
            engine.Assembly.CustomAttributes.Where(attribute => attribute.AttributeType.Name == "InternalsVisibleToAttribute"),
            attribute => ((string)attribute.ConstructorArguments[0].Value).Split(',')[0] == self);
    }

    private static ModuleDefinition Read(string file) => ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, file));

    private static bool IsWrongArrow(Reference reference)
    {
        if (!reference.FromNamespace.StartsWith(Root, StringComparison.Ordinal) || !reference.ToNamespace.StartsWith(Root, StringComparison.Ordinal))
        {
            return false;
        }

        string from = FolderOf(reference.FromNamespace);
        string to = FolderOf(reference.ToNamespace);
        if (from == to || to.Length == 0 || Permitted.Contains((from, to)))
        {
            return false;
        }

        return from == "Events" || to == "Events" || Levels[from] <= Levels[to];
    }

    /// <summary>The first part below the root: Tls for HotQuic.Core.Tls.KeyExchange, nothing for what every level may use.</summary>
    private static string FolderOf(string space)
    {
        string rest = space[Root.Length..].TrimStart('.');
        int dot = rest.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? rest : rest[..dot];
    }

    private static bool IsForbidden(string type) =>
        Forbidden.Any(name => name.EndsWith(' ') ? type == name.TrimEnd() : type.StartsWith(name, StringComparison.Ordinal)) && !Harmless.Contains(type);
}
