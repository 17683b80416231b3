using System.Net.Sockets;
using HotQuic.Options;

namespace HotQuic.Ports;

/// <summary>What a <see cref="QuicServer"/>'s options and bindings must satisfy (L1). Each check throws, naming what was expected.</summary>
internal static class ServerChecks
{
    public static void Check(QuicServerOptions options, string argument)
    {
        ArgumentNullException.ThrowIfNull(options, argument);
        ThrowUnless(options.Backlog >= 1, options.Backlog, nameof(options.Backlog), "at least 1", argument);
        ThrowUnless(Enum.IsDefined(options.RetryMode), options.RetryMode, nameof(options.RetryMode), "Automatic, Always or Never", argument);
        ThrowUnless(IoModes.IsKnown(options.IoMode), options.IoMode, nameof(options.IoMode), "Auto, Offload or Sockets", argument);
        ThrowUnless(
            options.RetryMemoryFraction is >= 0 and <= 1, options.RetryMemoryFraction, nameof(options.RetryMemoryFraction), "0 to 1", argument);
        TimeSpan limit = ListenerSettings.Limit(options.OverloadLimit);
        ThrowUnless(limit > TimeSpan.Zero, options.OverloadLimit, nameof(options.OverloadLimit), "more than zero", argument);
        ThrowUnless(
            ListenerSettings.Limit(options.OverloadDropLimit) >= limit, options.OverloadDropLimit, nameof(options.OverloadDropLimit), "at least OverloadLimit", argument);
        OptionChecks.CheckResetKey(options.StatelessResetKey, argument);
    }

    public static void Check(ReadOnlySpan<QuicServerBinding> bindings, string argument)
    {
        if (bindings.IsEmpty)
        {
            throw new ArgumentException("Expected at least one binding.", argument);
        }

        for (int i = 0; i < bindings.Length; i++)
        {
            string name = $"{argument}[{i}]";
            QuicServerBinding binding = bindings[i] ?? throw new ArgumentNullException(argument, $"Expected a value for {name}.");
            OptionChecks.CheckProtocols(binding.ApplicationProtocols, name);
            ThrowUnless(binding.Port is >= 0 and <= ushort.MaxValue, binding.Port, nameof(binding.Port), "0 to 65,535", name);
            if (binding.Address is { AddressFamily: not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6) })
            {
                throw new ArgumentException("Expected an IPv4 or IPv6 address.", name);
            }
        }
    }

    public static ListenerSettings ToSettings(QuicServerOptions options) => new()
    {
        Places = options.Backlog,
        RetryMode = options.RetryMode,
        RetryMemoryFraction = options.RetryMemoryFraction,
        OverloadLimit = ListenerSettings.Limit(options.OverloadLimit),
        OverloadDropLimit = ListenerSettings.Limit(options.OverloadDropLimit),
        OffersTokens = options.OffersTokens,
        SharesPorts = options.SharesPorts,
        IoMode = options.IoMode,
        ResetKey = ListenerSettings.KeyOf(options.StatelessResetKey),
    };

    private static void ThrowUnless(bool isRight, object value, string property, string expected, string argument)
    {
        if (!isRight)
        {
            throw new ArgumentOutOfRangeException(argument, value, $"Expected {property} to be {expected}.");
        }
    }
}
