using HotQuic.Tools;
using HotQuic.Tools.Output;

return await CommandLine.RunAsync(args, Terminal.OfThisProcess(), CancellationToken.None);
