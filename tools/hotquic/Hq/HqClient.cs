using System.Net.Security;
using HotQuic.Load.Transport;
using HotQuic.Tools.Commands;
using HotQuic.Tools.Files;

namespace HotQuic.Tools.Hq;

/// <summary>
/// Fetches files over <see cref="HqProtocol"/>, all at once, over one connection to each server: construct, then
/// <see cref="FetchAsync"/>. A file is there whole or not at all.
/// </summary>
/// <param name="options">How and where to.</param>
/// <param name="observer">Is told what happens, on threads of the pool.</param>
internal sealed class HqClient(HqClientOptions options, IHqObserver observer)
{
    /// <summary>RFC 9001 §4.8: the alert no_application_protocol.</summary>
    private const long NoApplicationProtocol = 0x178;

    /// <summary>Fetches everything; the number of files that failed. Cancelling leaves nothing half done.</summary>
    public async Task<int> FetchAsync(IEnumerable<HqUrl> urls, CancellationToken cancellation)
    {
        IEnumerable<Task<int>> servers = urls
            .GroupBy(url => (url.Host, url.Port))
            .Select(group => FetchFromAsync([.. group], cancellation));
        int[] failures = await Task.WhenAll([.. servers]);
        cancellation.ThrowIfCancellationRequested();
        return failures.Sum();
    }

    private async Task<int> FetchFromAsync(HqUrl[] urls, CancellationToken cancellation)
    {
        QuicConnection connection;
        try
        {
            connection = await QuicConnection.ConnectAsync(ConnectionOptions(urls[0]), cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The command says so, once for all files.
            return urls.Length;
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            string advice = e.InnerException is QuicException { TransportErrorCode: NoApplicationProtocol } ? " A server of HTTP/3 wants --http3." : string.Empty;
            Array.ForEach(urls, url => observer.OnFailed(url, Failures.Describe(e) + advice));
            return urls.Length;
        }

        await using (connection)
        {
            bool[] fetched = await Task.WhenAll(urls.Select(url => FetchOneAsync(connection, url, cancellation)));
            await connection.CloseAsync(HqProtocol.NoError, CancellationToken.None);
            return fetched.Count(succeeded => !succeeded);
        }
    }

    private QuicClientConnectionOptions ConnectionOptions(HqUrl url)
    {
        SslClientAuthenticationOptions tls = new()
        {
            ApplicationProtocols = [new SslApplicationProtocol(options.ApplicationProtocol)],
            TargetHost = url.Host,
            CipherSuitesPolicy = CipherChoice.Policy(options.Transport.Cipher),
        };
        options.Trust.Apply(tls);
        return new()
        {
            RemoteEndPoint = Parsing.ToEndPoint(url.Host, url.Port),
            ClientAuthenticationOptions = tls,
            DefaultCloseErrorCode = HqProtocol.NoError,
            DefaultStreamErrorCode = HqProtocol.NoError,
            Transport = options.Transport.ToOptions(),
        };
    }

    private async Task<bool> FetchOneAsync(QuicConnection connection, HqUrl url, CancellationToken cancellation)
    {
        try
        {
            await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellation);
            await using AtomicFile file = AtomicFile.Create(Path.Combine(options.OutputDirectory, url.FileName));
            await stream.WriteAsync(HqRequest.Write(url.RequestPath), completeWrites: true, cancellation);
            await file.CommitFromAsync(stream, observer.OnBytes, cancellation);
            observer.OnFetched(url);
            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
        {
            observer.OnFailed(url, Refusal(e.ApplicationErrorCode));
            return false;
        }
        catch (Exception e) when (Failures.IsExpected(e) || e is ObjectDisposedException)
        {
            observer.OnFailed(url, Failures.Describe(e));
            return false;
        }
    }

    private static string Refusal(long? code) => code switch
    {
        HqProtocol.NotFound => "the server has no such file",
        HqProtocol.BadRequest => "the server does not understand the request",
        HqProtocol.ReadFailed => "the server could not read the file",
        _ => $"the server reset the stream with code 0x{code:x}",
    };
}
