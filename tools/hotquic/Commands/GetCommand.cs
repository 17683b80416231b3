using System.CommandLine;
using System.CommandLine.Parsing;
using HotQuic.Tools.Certificates;
using HotQuic.Tools.Hq;
using HotQuic.Tools.Output;

namespace HotQuic.Tools.Commands;

/// <summary><c>hotquic get</c>: fetches files, all at once.</summary>
internal static class GetCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<HqUrl[]> urls = new("URL")
        {
            Description = "What to fetch, such as https://example.org:4433/file.",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = ParseUrls,
        };
        Option<DirectoryInfo?> output = new("--output")
        {
            Description = "The directory for the files (default: this one).",
            HelpName = "DIR",
        };
        Option<FileInfo?> authorities = CommonOptions.Authorities();
        Option<bool> insecure = CommonOptions.Insecure();
        Option<string> protocol = CommonOptions.ApplicationProtocol();
        Option<string?> cipher = CommonOptions.Cipher();
        Option<FileInfo?> keyLog = CommonOptions.KeyLog();
        Option<DirectoryInfo?> qlog = CommonOptions.Qlog();
        Option<bool> http3 = new("--http3") { Description = "Fetch over HTTP/3." };
        Command command = new("get", "Fetch files over hq-interop or HTTP/3, in parallel, over one connection to each server.")
        {
            urls, output, http3, authorities, insecure, protocol, cipher, keyLog, qlog,
        };
        Checks.RequireOneAtMost(command, authorities, insecure);
        Checks.RequireOneAtMost(command, http3, protocol);
        command.SetAction(async (parsed, cancellation) =>
        {
            EngineSettings.UseQlog(parsed.GetValue(qlog));
            HqClientOptions options = new()
            {
                OutputDirectory = Directory.CreateDirectory(parsed.GetValue(output)?.FullName ?? Environment.CurrentDirectory).FullName,
                ApplicationProtocol = parsed.GetRequiredValue(protocol),
                Trust = Trust.From(parsed.GetValue(authorities), parsed.GetValue(insecure)),
                Transport = new() { Cipher = parsed.GetValue(cipher), KeyLogFile = EngineSettings.UseKeyLog(parsed.GetValue(keyLog)) },
            };
            HqUrl[] wanted = parsed.GetRequiredValue(urls);
            int failed = await FetchDisplay.ShowAsync(
                terminal,
                wanted.Length,
                observer => parsed.GetValue(http3)
                    ? new Http3Client(options, observer).FetchAsync(wanted, cancellation)
                    : new HqClient(options, observer).FetchAsync(wanted, cancellation));
            return failed == 0 ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    private static HqUrl[] ParseUrls(ArgumentResult result)
    {
        List<HqUrl> urls = [];
        foreach (Token token in result.Tokens)
        {
            if (!HqUrl.TryParse(token.Value, out HqUrl? url, out string reason))
            {
                result.AddError(reason);
            }
            else if (urls.Find(other => other.FileName == url!.FileName) is { } other)
            {
                result.AddError($"'{other.Text}' and '{url!.Text}' would become the same file, {url.FileName}.");
            }
            else
            {
                urls.Add(url!);
            }
        }

        return [.. urls];
    }
}
