using System.Globalization;
using System.Net.Security;
using Microsoft.Extensions.Options;

namespace HotQuic.Kestrel;

/// <summary>Finds values out of their range before anything listens, so that the server does not start with them.</summary>
internal sealed class HotQuicTransportOptionsValidation : IValidateOptions<HotQuicTransportOptions>
{
    private const int MinKeyLength = 32;
    private const int MaxStreamCount = 65_535;
    private const int MinUnidirectionalStreamCount = 3;
    private const int MaxBufferSize = 1 << 30;
    private const long MaxErrorCode = (1L << 62) - 1;

    public ValidateOptionsResult Validate(string? name, HotQuicTransportOptions options)
    {
        List<string> failures = [];
        Check(nameof(options.MaxBidirectionalStreamCount), options.MaxBidirectionalStreamCount, 1, MaxStreamCount);
        Check(nameof(options.MaxUnidirectionalStreamCount), options.MaxUnidirectionalStreamCount, MinUnidirectionalStreamCount, MaxStreamCount);
        Check(nameof(options.MaxReadBufferSize), options.MaxReadBufferSize, 1, MaxBufferSize);
        Check(nameof(options.MaxWriteBufferSize), options.MaxWriteBufferSize, 1, MaxBufferSize);
        Check(nameof(options.Backlog), options.Backlog, 1, int.MaxValue);
        Check(nameof(options.DefaultStreamErrorCode), options.DefaultStreamErrorCode, 0, MaxErrorCode);
        Check(nameof(options.DefaultCloseErrorCode), options.DefaultCloseErrorCode, 0, MaxErrorCode);
        CheckTime(nameof(options.IdleTimeout), options.IdleTimeout);
        CheckTime(nameof(options.HandshakeTimeout), options.HandshakeTimeout);
        if (options.StatelessResetKey is { Length: < MinKeyLength } key)
        {
            failures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{nameof(options.StatelessResetKey)} has {key.Length} bytes: expected at least {MinKeyLength}, or null."));
        }

        if (failures.Count == 0 && FaultOf(options.Transport) is { } fault)
        {
            failures.Add($"{nameof(options.Transport)}: {fault}");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Check(string property, long value, long least, long most)
        {
            if (value < least || value > most)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{property} is {value}: expected {least} to {most}."));
            }
        }

        void CheckTime(string property, TimeSpan value)
        {
            if (value <= TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{property} is {value}: expected more than zero, or Timeout.InfiniteTimeSpan."));
            }
        }
    }

    /// <summary>What is wrong with the settings of connections, which are otherwise checked when one begins: null for nothing.</summary>
    private static string? FaultOf(QuicTransportOptions transport)
    {
        try
        {
            // A client's need no certificate, and are held to the same ranges.
            _ = QuicClientConfiguration.Create(new QuicClientConnectionOptions
            {
                DefaultStreamErrorCode = 0,
                DefaultCloseErrorCode = 0,
                ClientAuthenticationOptions = new() { ApplicationProtocols = [SslApplicationProtocol.Http3], TargetHost = "localhost" },
                Transport = transport,
            });
            return null;
        }
        catch (ArgumentException exception)
        {
            string expected = exception.Message.Split(" (Parameter '")[0];
            return exception is ArgumentOutOfRangeException { ActualValue: { } value }
                ? string.Create(CultureInfo.InvariantCulture, $"{expected} It is {value}.")
                : expected;
        }
    }
}
