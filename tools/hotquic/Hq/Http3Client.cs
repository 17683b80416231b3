using System.Net;
using System.Net.Security;
using HotQuic.Http3;
using HotQuic.Load.Transport;
using HotQuic.Tools.Files;

namespace HotQuic.Tools.Hq;

/// <summary>
/// Fetches files over HTTP/3, all at once, over one connection to each server: construct, then <see cref="FetchAsync"/>. A file is there whole
/// or not at all.
/// </summary>
/// <param name="options">How and where to.</param>
/// <param name="observer">Is told what happens, on threads of the pool.</param>
internal sealed class Http3Client(HqClientOptions options, IHqObserver observer)
{
    /// <summary>Fetches everything; the number of files that failed. Cancelling leaves nothing half done.</summary>
    public async Task<int> FetchAsync(IEnumerable<HqUrl> urls, CancellationToken cancellation)
    {
        using HttpClient client = new(CreateHandler())
        {
            DefaultRequestVersion = HttpVersion.Version30,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        bool[] fetched = await Task.WhenAll([.. urls.Select(url => FetchOneAsync(client, url, cancellation))]);
        cancellation.ThrowIfCancellationRequested();
        return fetched.Count(succeeded => !succeeded);
    }

    private Http3Handler CreateHandler()
    {
        SslClientAuthenticationOptions tls = new() { CipherSuitesPolicy = CipherChoice.Policy(options.Transport.Cipher) };
        options.Trust.Apply(tls);
        return new Http3Handler
        {
            SslOptions = tls,
            ConnectionOptions = new Http3ConnectionOptions { RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 0), Transport = options.Transport.ToOptions() },
        };
    }

    private async Task<bool> FetchOneAsync(HttpClient client, HqUrl url, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri(url.Text), HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                observer.OnFailed(url, $"the server answers {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd());
                return false;
            }

            await using AtomicFile file = AtomicFile.Create(Path.Combine(options.OutputDirectory, url.FileName));
            await using Stream content = await response.Content.ReadAsStreamAsync(cancellation);
            await file.CommitFromAsync(content, observer.OnBytes, cancellation);
            observer.OnFetched(url);
            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (HttpRequestException e)
        {
            observer.OnFailed(url, e.InnerException is { } cause && Failures.IsExpected(cause) ? Failures.Describe(cause) : e.Message);
            return false;
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            observer.OnFailed(url, Failures.Describe(e));
            return false;
        }
    }
}
