using Mono.Cecil;

namespace HotQuic.Architecture.Tests;

/// <summary>
/// An application ports by changing <c>using System.Net.Quic</c> to <c>using HotQuic</c>: every type and member that the reference assembly
/// of the SDK in use has is there under the same name, with the same signature, defaults, constants and nullability. Ours may have more.
/// </summary>
public class SystemNetQuicParityTests
{
    private const string Theirs = "System.Net.Quic";
    private const string Ours = "HotQuic";

    [Fact]
    public void EveryTypeAndMemberOfSystemNetQuicIsHere()
    {
        using ModuleDefinition reference = ModuleDefinition.ReadModule(FindReference());
        using ModuleDefinition module = ModuleDefinition.ReadModule(typeof(QuicConnection).Assembly.Location);
        var surface = new PublicSurface(Theirs, Ours);
        string[] wanted = [.. surface.Of(reference)];
        string[] actual = [.. surface.Of(module)];
        string[] missing = [.. wanted.Except(actual)];
        Assert.True(missing.Length == 0, $"Missing of {Theirs}:\n{string.Join('\n', missing)}\nBeyond it:\n{string.Join('\n', actual.Except(wanted).Where(IsNear(missing)))}");
    }

    /// <summary>The comparison would hold trivially if the reference were read wrongly: what everybody knows of it must be seen.</summary>
    [Theory]
    [InlineData("sealed class HotQuic.QuicException : System.IO.IOException")]
    [InlineData("[FlagsAttribute()] enum HotQuic.QuicAbortDirection : System.Int32")]
    [InlineData("HotQuic.QuicError: const HotQuic.QuicError TransportError = 14")]
    [InlineData("HotQuic.QuicConnection : System.IAsyncDisposable")]
    [InlineData("HotQuic.QuicConnection: public System.Security.Cryptography.X509Certificates.X509Certificate? RemoteCertificate { get; }")]
    [InlineData("HotQuic.QuicException: public System.Void .ctor(HotQuic.QuicError error, System.Int64? applicationErrorCode, System.String message)")]
    [InlineData("HotQuic.QuicStreamCapacityChangedArgs: public System.Int32 BidirectionalIncrement { init; }")]
    [InlineData("HotQuic.QuicStream: public override System.Threading.Tasks.ValueTask<System.Int32> ReadAsync(System.Memory<System.Byte> buffer, System.Threading.CancellationToken cancellationToken = default)")]
    [InlineData("HotQuic.QuicConnectionOptions: public System.Action<HotQuic.QuicConnection, HotQuic.QuicStreamCapacityChangedArgs>? StreamCapacityCallback { set; }")]
    public void TheReferenceIsReadAsItIs(string line)
    {
        using ModuleDefinition reference = ModuleDefinition.ReadModule(FindReference());
        Assert.Contains(line, new PublicSurface(Theirs, Ours).Of(reference));
    }

    /// <summary>The newest reference assembly beside the runtime that runs this.</summary>
    private static string FindReference()
    {
        string shared = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string packs = Path.GetFullPath(Path.Combine(shared, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        string? found = Directory.EnumerateDirectories(packs)
            .Where(directory => Version.TryParse(Path.GetFileName(directory), out Version? version) && version.Major == 10)
            .OrderByDescending(directory => Version.Parse(Path.GetFileName(directory)))
            .Select(directory => Path.Combine(directory, "ref", "net10.0", Theirs + ".dll"))
            .FirstOrDefault(File.Exists);
        return found ?? throw new FileNotFoundException($"No reference assembly of {Theirs} below {packs}.");
    }

    /// <summary>What is ours under the name of something missing, so that a failure shows both.</summary>
    private static Func<string, bool> IsNear(string[] missing)
    {
        HashSet<string> names = [.. missing.Select(MemberOf)];
        return line => names.Contains(MemberOf(line));
    }

    private static string MemberOf(string line)
    {
        int end = line.IndexOfAny(['(', '{', '=']);
        return string.Join(' ', line[..(end < 0 ? line.Length : end)].Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 1 } words ? [words[0], words[^1]] : [line]);
    }
}
