using HotQuic.Tools;
using HotQuic.Tools.Output;

using StopSignals signals = new();
return await CommandLine.RunAsync(args, Terminal.OfThisProcess(), signals.Token);
