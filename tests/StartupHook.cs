using System.Globalization;
using System.Runtime.CompilerServices;

/// <summary>
/// Sets up the engine where tests do not say how themselves: HOTQUIC_TEST_SHARDS=N gives it so many shards, and
/// HOTQUIC_TEST_IO=offload|sockets|datagrams has it drive its sockets so (datagrams: System.Net.Sockets, one datagram a call, as on systems
/// without the Linux calls). It happens when this assembly's code first runs, and in each .NET process that the tests start, before its Main:
/// the runtime finds this type by its name (DOTNET_STARTUP_HOOKS).
/// </summary>
internal static class StartupHook
{
    /// <summary>What the runtime calls; loading this assembly for it has done all there is to do.</summary>
    public static void Initialize()
    {
    }

#pragma warning disable CA2255 // It is for what has to be there before any test.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void SetUp()
    {
        // Tests never rest for as long as it takes by default.
        AppContext.SetData("HotQuic.SignalAfterMilliseconds", 10);
        string? shards = Environment.GetEnvironmentVariable("HOTQUIC_TEST_SHARDS");
        string? io = Environment.GetEnvironmentVariable("HOTQUIC_TEST_IO");
        if (shards is { Length: > 0 })
        {
            AppContext.SetData("HotQuic.Shards", int.Parse(shards, NumberStyles.None, CultureInfo.InvariantCulture));
        }

        if (io is { Length: > 0 })
        {
            AppContext.SetData("HotQuic.IoMode", io switch
            {
                "offload" => "Offload",
                "sockets" => "Sockets",
                "datagrams" => "-1", // IoModes.Datagrams, which has no public name
                _ => throw new InvalidOperationException($"Expected HOTQUIC_TEST_IO to be offload, sockets or datagrams, not {io}."),
            });
        }

        if (shards is { Length: > 0 } || io is { Length: > 0 })
        {
            Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location);
        }
    }
}
