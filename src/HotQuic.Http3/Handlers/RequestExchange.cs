using System.IO.Pipelines;
using HotQuic.Http3.Requests;

namespace HotQuic.Http3.Handlers;

/// <summary>One attempt to have a request answered on a connection.</summary>
internal sealed class RequestExchange(HttpRequestMessage request, TimeSpan continueTimeout)
{
    private const int Continue = 100;
    private const int FirstRefusal = 300;

    private TaskCompletionSource<bool>? _mayContinue;
    private bool _hasContentBegun;

    /// <summary>Whether sending it again sends the same: content that can be read once only may be half gone.</summary>
    public bool CanBeRepeated => request.Content is null or ByteArrayContent or ReadOnlyMemoryContent || !Volatile.Read(ref _hasContentBegun);

    /// <summary>Sends it, with a place among the streams of the connection that was taken before.</summary>
    public async Task<HttpResponseMessage> SendAsync(Http3Connection connection, CancellationToken cancellationToken)
    {
        RequestMessage message;
        try
        {
            message = Translate();
        }
        catch (Exception e)
        {
            connection.Credit.GiveBack();
            throw e is ArgumentException ? new HttpRequestException(e.Message, e) : e;
        }

        try
        {
            Http3Response response = await connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
            _mayContinue?.TrySetResult(response.Status < FirstRefusal);
            return ResponseTranslation.ToMessage(response, request);
        }
        finally
        {
            _mayContinue?.TrySetResult(false);
        }
    }

    private RequestMessage Translate()
    {
        FieldSectionWriter writer = new();
        RequestTranslation.Write(request, writer);
        bool expectsContinue = request.Content is not null && request.Headers.ExpectContinue == true;
        if (expectsContinue)
        {
            _mayContinue = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return new RequestMessage
        {
            Head = writer.Complete(),
            SectionSize = writer.SectionSize,
            Priority = RequestTranslation.PriorityOf(request),
            BodyWriter = request.Content is null ? null : WriteContentAsync,
            IsHead = request.Method == HttpMethod.Head,
            IsReserved = true,
            OnInterim = expectsContinue ? OnInterim : null,
        };
    }

    private void OnInterim(int status, Http3Fields fields)
    {
        if (status == Continue)
        {
            _mayContinue!.TrySetResult(true);
        }
    }

    private async ValueTask WriteContentAsync(PipeWriter body, CancellationToken cancellationToken)
    {
        if (_mayContinue is { } mayContinue)
        {
            await body.FlushAsync(cancellationToken).ConfigureAwait(false); // the fields go ahead
            if (!await MayContinueAsync(mayContinue.Task, cancellationToken).ConfigureAwait(false))
            {
                ((BodyWriter)body).Abandon(); // RFC 9110 §10.1.1: the final response is there, and it is no
                return;
            }
        }

        Volatile.Write(ref _hasContentBegun, true);
        HttpContent content = request.Content!;
        using RequestContentStream stream = new((BodyWriter)body, content.Headers.ContentLength, cancellationToken);
        await content.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        stream.ThrowIfShort();
    }

    private async Task<bool> MayContinueAsync(Task<bool> word, CancellationToken cancellationToken)
    {
        try
        {
            return await word.WaitAsync(continueTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return true; // RFC 9110 §10.1.1: a client does not wait for ever
        }
    }
}
