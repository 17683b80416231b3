using System.Text.RegularExpressions;

namespace HotQuic.Tools.Tests.EndToEnd;

/// <summary>A directory with files for <c>hotquic serve</c>, and one for what <c>hotquic get</c> fetches.</summary>
internal sealed partial class ServedFiles : TemporaryDirectory
{
    public ServedFiles()
    {
        Directory.CreateDirectory(In("served"));
        Directory.CreateDirectory(In("got"));
    }

    /// <summary>Fetches a file that takes longer than any test.</summary>
    public ToolProcess StartHuge(string server)
    {
        using (FileStream huge = File.Create(In("served/huge")))
        {
            huge.SetLength(20L << 30);
        }

        return ToolProcess.Start("get", server + "huge", "--output", In("got"), "--insecure");
    }

    /// <summary>Waits until bytes of the file have come, which are written under another name.</summary>
    public async Task FileBeginsAsync()
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(60));
        while (!Directory.EnumerateFiles(In("got")).Any(path => new FileInfo(path).Length > 0))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), timeout.Token);
        }
    }

    public ToolProcess Serve(params string[] options) =>
        ToolProcess.Start(["serve", In("served"), "--listen", "127.0.0.1:0", .. options]);

    /// <summary>Where it serves, which it says first.</summary>
    public static async Task<string> UrlOf(ToolProcess serve) => $"https://{Listening().Match(await serve.ReadLineAsync()).Value}/";

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Listening();
}
