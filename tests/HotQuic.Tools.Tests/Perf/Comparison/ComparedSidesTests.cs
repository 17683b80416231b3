using HotQuic.Tools.Perf.Comparison;

namespace HotQuic.Tools.Tests.Perf.Comparison;

public sealed class ComparedSidesTests : IDisposable
{
    private static readonly Dictionary<string, string[]> Given = new() { ["--seconds"] = ["2"], ["--io"] = ["offload"] };

    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void ASettingTakesThePlaceOfWhatWasGivenForBoth()
    {
        ComparedSide other = ComparedSides.Other(Given, "--io sockets --spin 50");

        Assert.Equal(["--seconds", "2", "--io", "sockets", "--spin", "50"], other.Options);
        Assert.Equal(["--seconds", "2", "--io", "offload"], ComparedSides.First(Given).Options);
        Assert.Equal(ToolCommand.OfThisProcess().FileName, other.Command.FileName);
        Assert.Empty(other.Environment);
    }

    [Fact]
    public void VariablesABuildAndOptionsMayStandTogether()
    {
        string build = _temporary.Write("other build/hotquic", string.Empty);

        ComparedSide other = ComparedSides.Other(Given, $"ONE=1 TWO=a=b \"{build}\" --shards 1");

        Assert.Equal(build, other.Command.FileName);
        Assert.Equal(new Dictionary<string, string> { ["ONE"] = "1", ["TWO"] = "a=b" }, other.Environment);
        Assert.Equal(["--seconds", "2", "--io", "offload", "--shards", "1"], other.Options);
        Assert.Equal($"ONE=1 TWO=a=b {build} --seconds 2 --io offload --shards 1", other.Description);
    }

    [Theory]
    [InlineData("hotquic", "hotquic")]
    [InlineData("HotQuic.Tools.dll", "dotnet")]
    [InlineData("tools/hotquic/bin/Release/net10.0/HotQuic.Tools.dll", "dotnet")]
    public void ABuildIsFoundInItsDirectory(string file, string program)
    {
        string path = _temporary.Write(Path.Combine("a directory", file), string.Empty);

        ComparedSide other = ComparedSides.Other(Given, _temporary.In("a directory"));

        Assert.Equal(program, Path.GetFileName(other.Command.FileName));
        Assert.Equal(program == "dotnet" ? [path] : [], other.Command.Arguments);
    }

    [Theory]
    [InlineData("", "expected another build")]
    [InlineData("nowhere/hotquic", "is no build of hotquic")]
    [InlineData("--io fast", "fast")]
    [InlineData("--compare --io", "--compare")]
    [InlineData("--json report.json", "--json")]
    [InlineData("--io sockets upload", "upload")]
    public void WhatIsNoOtherSideIsSaidSo(string text, string named) =>
        Assert.Contains(ComparedSides.Errors(text), error => error.Contains(named, StringComparison.Ordinal));
}
