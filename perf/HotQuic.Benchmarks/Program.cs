using System.Globalization;
using BenchmarkDotNet.Running;
using HotQuic.Benchmarks;
using HotQuic.Benchmarks.Budgets;
using HotQuic.Benchmarks.Guard;
using HotQuic.Core.Protection;
using HotQuic.Testing;

// "idle" measures what an idle connection costs; "budgets" holds allocations against their budgets, and fails where one is not kept;
// "guard" compares the time of every room with another build's;
// "profile" shows what a handshake allocates, by type; everything else goes to BenchmarkDotNet.
if (args is [IdleServer.Argument, var api])
{
    await IdleServer.RunAsync(api);
    return 0;
}

if (args is ["idle", ..])
{
    await IdleMemory.RunAsync(args);
    return 0;
}

if (args is ["budgets", ..])
{
    return AllocationBudgets.Run(args);
}

if (args is ["guard", _, ..])
{
    return TimeGuard.Run(args);
}

if (args is [Looks.Argument, ..])
{
    Looks.RunVisits(args);
    return 0;
}

if (args is not ["profile"])
{
    // In this process: the project that it would generate does not meet the repository's rules.
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args, "--inProcess"]);
    return 0;
}

const int runs = 5000;
using var pair = new DirectPair();
var configuration = TestTls.Client([CipherSuite.Aes128GcmSha256]);
for (int i = 0; i < 200; i++)
{
    pair.Connect(configuration);
    pair.Close();
}

using var profile = new AllocationProfile();
(long client, long server, long signing, long exchange) = (pair.Client.Allocated, pair.Server.Allocated, pair.Server.AllocatedBySigning, pair.Server.KeyShares.Allocated);
for (int i = 0; i < runs; i++)
{
    pair.Connect(configuration);
    pair.Close();
}

client = (pair.Client.Allocated - client) / runs;
server = (pair.Server.Allocated - server) / runs;
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"a handshake: client {client} B, server {server} B; apart, server: signature {(pair.Server.AllocatedBySigning - signing) / runs} B, key exchange {(pair.Server.KeyShares.Allocated - exchange) / runs} B"));
Thread.Sleep(TimeSpan.FromSeconds(1)); // the runtime hands its events over with a delay
profile.Write(Console.Out, client + server);
return 0;
