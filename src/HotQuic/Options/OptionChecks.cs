using System.Globalization;
using System.Net;
using System.Net.Security;
using HotQuic.Core.Datagrams;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Core.Wire;

namespace HotQuic.Options;

/// <summary>
/// What options must satisfy. Each check throws, naming the argument and the property and what was expected; what client and server have
/// in common is checked first.
/// </summary>
internal static class OptionChecks
{
    public const int DefaultBacklog = 512;

    public static void Check(QuicListenerOptions options, string argument)
    {
        ArgumentNullException.ThrowIfNull(options, argument);
        NotNull(options.ListenEndPoint, argument, nameof(options.ListenEndPoint));
        NotNull(options.ApplicationProtocols, argument, nameof(options.ApplicationProtocols));
        NotNull(options.ConnectionOptionsCallback, argument, nameof(options.ConnectionOptionsCallback));
        CheckProtocols(options.ApplicationProtocols, argument);
        if (!Enum.IsDefined(options.RetryMode))
        {
            throw OutOfRange(argument, nameof(options.RetryMode), options.RetryMode, "Automatic, Always or Never");
        }

        if (!IoModes.IsKnown(options.IoMode))
        {
            throw OutOfRange(argument, nameof(options.IoMode), options.IoMode, "Auto, Offload or Sockets");
        }

        if (options.ListenBacklog < 0)
        {
            throw OutOfRange(argument, nameof(options.ListenBacklog), options.ListenBacklog, "0 or more");
        }

        if (options.OverloadLimit <= TimeSpan.Zero && options.OverloadLimit != Timeout.InfiniteTimeSpan)
        {
            throw OutOfRange(argument, nameof(options.OverloadLimit), options.OverloadLimit, "more than zero, or infinite");
        }

        CheckResetKey(options.StatelessResetKey, argument);
    }

    /// <summary>None, or enough bytes that nobody guesses them; they are not part of the message.</summary>
    public static void CheckResetKey(ReadOnlyMemory<byte> key, string argument)
    {
        if (key.Length is > 0 and < StatelessResetKey.MinLength)
        {
            throw new ArgumentException($"Expected StatelessResetKey to have at least {StatelessResetKey.MinLength} bytes, or none: it has {key.Length}.", argument);
        }
    }

    public static void Check(QuicClientConnectionOptions options, string argument)
    {
        CheckWithoutEndPoint(options, argument);
        NotNull(options.RemoteEndPoint, argument, nameof(options.RemoteEndPoint));
        if (options.RemoteEndPoint is not (IPEndPoint or DnsEndPoint))
        {
            throw new ArgumentException(
                $"Expected an IPEndPoint or a DnsEndPoint as {nameof(options.RemoteEndPoint)}: it is of type {options.RemoteEndPoint.GetType()}.", argument);
        }

        if (options.RemoteEndPoint is IPEndPoint address)
        {
            CheckRemote(address, argument);
        }
    }

    /// <summary>A wildcard stands for addresses to listen on: no answer ever comes from one.</summary>
    public static void CheckRemote(IPEndPoint remote, string argument)
    {
        if (IsWildcard(remote.Address))
        {
            throw new ArgumentException($"Expected the address of a host to connect to: {remote.Address} stands for any.", argument);
        }
    }

    public static bool IsWildcard(IPAddress address) => Unmapped(address) is var own && (own.Equals(IPAddress.Any) || own.Equals(IPAddress.IPv6Any));

    /// <summary>The same address as packets carry it: one that is IPv4 mapped to IPv6 is an IPv4 address.</summary>
    public static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>The same for options that do not say where to connect.</summary>
    public static void CheckWithoutEndPoint(QuicClientConnectionOptions options, string argument)
    {
        ArgumentNullException.ThrowIfNull(options, argument);
        CheckCommon(options, argument);
        NotNull(options.ClientAuthenticationOptions, argument, nameof(options.ClientAuthenticationOptions));
        CheckTls(options.ClientAuthenticationOptions.EncryptionPolicy, options.ClientAuthenticationOptions.EnabledSslProtocols, argument);
    }

    public static void Check(QuicServerConnectionOptions options, string argument)
    {
        ArgumentNullException.ThrowIfNull(options, argument);
        CheckCommon(options, argument);
        NotNull(options.ServerAuthenticationOptions, argument, nameof(options.ServerAuthenticationOptions));
        CheckTls(options.ServerAuthenticationOptions.EncryptionPolicy, options.ServerAuthenticationOptions.EnabledSslProtocols, argument);
    }

    /// <summary>L1: at least one name. A name is 1 to 255 bytes by its type.</summary>
    public static void CheckProtocols(IReadOnlyList<SslApplicationProtocol>? protocols, string argument, int most = ushort.MaxValue)
    {
        if (protocols is null || protocols.Count == 0)
        {
            throw new ArgumentException("Expected at least one protocol in ApplicationProtocols.", argument);
        }

        int total = 0;
        for (int i = 0; i < protocols.Count; i++)
        {
            if (protocols[i].Protocol.Length is 0 or > byte.MaxValue)
            {
                throw new ArgumentException($"Expected names of 1 to 255 bytes: ApplicationProtocols[{i}] has {protocols[i].Protocol.Length}.", argument);
            }

            total += 1 + protocols[i].Protocol.Length;
        }

        if (total > most)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"Expected ApplicationProtocols of at most {most:n0} bytes in all: they have {total}."), argument);
        }
    }

    private static void CheckCommon(QuicConnectionOptions options, string argument)
    {
        InRange(options.MaxInboundBidirectionalStreams, 0, ushort.MaxValue, argument, nameof(options.MaxInboundBidirectionalStreams));
        InRange(options.MaxInboundUnidirectionalStreams, 0, ushort.MaxValue, argument, nameof(options.MaxInboundUnidirectionalStreams));
        CheckTime(options.IdleTimeout, argument, nameof(options.IdleTimeout));
        CheckTime(options.KeepAliveInterval, argument, nameof(options.KeepAliveInterval));
        CheckTime(options.HandshakeTimeout, argument, nameof(options.HandshakeTimeout));
        InRange(options.DefaultStreamErrorCode, 0, (long)VarInt.MaxValue, argument, nameof(options.DefaultStreamErrorCode));
        InRange(options.DefaultCloseErrorCode, 0, (long)VarInt.MaxValue, argument, nameof(options.DefaultCloseErrorCode));
        NotNull(options.InitialReceiveWindowSizes, argument, nameof(options.InitialReceiveWindowSizes));
        CheckWindows(options.InitialReceiveWindowSizes, argument);
        NotNull(options.Transport, argument, nameof(options.Transport));
        CheckTransport(options.Transport, argument);
    }

    private static void CheckWindows(QuicReceiveWindowSizes windows, string argument)
    {
        const string owner = nameof(QuicConnectionOptions.InitialReceiveWindowSizes);
        InRange(windows.Connection, 1, StreamLimits.LargestWindow, argument, $"{owner}.{nameof(windows.Connection)}");
        InRange(windows.LocallyInitiatedBidirectionalStream, 1, StreamLimits.LargestWindow, argument, $"{owner}.{nameof(windows.LocallyInitiatedBidirectionalStream)}");
        InRange(windows.RemotelyInitiatedBidirectionalStream, 1, StreamLimits.LargestWindow, argument, $"{owner}.{nameof(windows.RemotelyInitiatedBidirectionalStream)}");
        InRange(windows.UnidirectionalStream, 1, StreamLimits.LargestWindow, argument, $"{owner}.{nameof(windows.UnidirectionalStream)}");
    }

    private static void CheckTransport(QuicTransportOptions transport, string argument)
    {
        InRange(transport.MaxUdpPayloadSize, 1200, 65507, argument, nameof(transport.MaxUdpPayloadSize));
        InRange(transport.MinUdpPayloadSize, 1200, transport.MaxUdpPayloadSize, argument, nameof(transport.MinUdpPayloadSize));
        InRange(transport.SendBufferSize, 1, 1 << 30, argument, nameof(transport.SendBufferSize));
        InRange(transport.MaxConnectionReceiveWindow, 1, StreamLimits.LargestWindow, argument, nameof(transport.MaxConnectionReceiveWindow));
        InRange(transport.MaxStreamReceiveWindow, 1, StreamLimits.LargestWindow, argument, nameof(transport.MaxStreamReceiveWindow));
        InRange(transport.InitialWindowPackets, 2, 10, argument, nameof(transport.InitialWindowPackets));
        InRange(transport.MaxDatagramFrameSize, 0, ushort.MaxValue, argument, nameof(transport.MaxDatagramFrameSize));
        InRange(transport.DatagramQueueLength, 1, 1 << 16, argument, nameof(transport.DatagramQueueLength));
        InRange(transport.DatagramBufferSize, DatagramLimits.MinBytes, 1 << 28, argument, nameof(transport.DatagramBufferSize));
        InRange(transport.InitialRtt, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(60), argument, nameof(transport.InitialRtt));
        InRange(transport.MaxAckDelay, TimeSpan.Zero, TimeSpan.FromMilliseconds((1 << 14) - 1), argument, nameof(transport.MaxAckDelay));
        InRange((int)transport.CongestionControl, 0, (int)QuicCongestionControl.NewReno, argument, nameof(transport.CongestionControl));
        if (transport.KeyExchangeGroups is not { Count: > 0 } groups || !AreGroupsEachOnce(groups))
        {
            throw new ArgumentException("Expected at least one group in KeyExchangeGroups, each once.", argument);
        }
    }

    private static bool AreGroupsEachOnce(IReadOnlyList<QuicKeyExchangeGroup> groups)
    {
        for (int i = 0; i < groups.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (groups[j] == groups[i])
                {
                    return false;
                }
            }

            if (!Enum.IsDefined(groups[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static void CheckTls(EncryptionPolicy policy, System.Security.Authentication.SslProtocols protocols, string argument)
    {
#pragma warning disable SYSLIB0040 // The caller's obsolete choice is refused.
        if (policy == EncryptionPolicy.NoEncryption)
#pragma warning restore SYSLIB0040
        {
            throw new PlatformNotSupportedException("EncryptionPolicy.NoEncryption is not supported: QUIC is always encrypted (RFC 9001).");
        }

        const System.Security.Authentication.SslProtocols tls13 = System.Security.Authentication.SslProtocols.Tls13;
        if (protocols != default && !protocols.HasFlag(tls13))
        {
            throw new ArgumentException("Expected EnabledSslProtocols with TLS 1.3, the only version that QUIC has.", argument);
        }
    }

    private static void CheckTime(TimeSpan value, string argument, string property)
    {
        if (value < TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
        {
            throw OutOfRange(argument, property, value, "zero or more, or Timeout.InfiniteTimeSpan");
        }
    }

    private static void NotNull(object? value, string argument, string property)
    {
        if (value is null)
        {
            throw new ArgumentNullException(argument, $"Expected a value for {property}.");
        }
    }

    private static void InRange(long value, long min, long max, string argument, string property)
    {
        if (value < min || value > max)
        {
            throw OutOfRange(argument, property, value, $"{min} to {max}");
        }
    }

    private static void InRange(TimeSpan value, TimeSpan min, TimeSpan max, string argument, string property)
    {
        if (value < min || value > max)
        {
            throw OutOfRange(argument, property, value, $"{min.TotalMilliseconds} to {max.TotalMilliseconds} milliseconds");
        }
    }

    private static ArgumentOutOfRangeException OutOfRange(string argument, string property, object value, string expected) =>
        new(argument, value, $"Expected {property} to be {expected}.");
}
