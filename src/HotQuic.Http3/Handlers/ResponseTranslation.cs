using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace HotQuic.Http3.Handlers;

/// <summary>What a response is to an <see cref="HttpClient"/>.</summary>
internal static class ResponseTranslation
{
    /// <summary>The message, whose content is read from the response as it arrives.</summary>
    public static HttpResponseMessage ToMessage(Http3Response response, HttpRequestMessage request)
    {
        HttpResponseMessage message = new((HttpStatusCode)response.Status) { Version = HttpVersion.Version30, RequestMessage = request };
        ResponseContent content = new(response, message);
        message.Content = content;
        foreach (Http3Field field in response.Fields)
        {
            string name = FieldNames.ToString(field.Name);
            string value = Encoding.Latin1.GetString(field.Value);
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        content.EndIfEmpty();
        return message;
    }

    public static void AddTrailers(Http3Response response, HttpResponseHeaders trailers)
    {
        foreach (Http3Field field in response.Trailers)
        {
            trailers.TryAddWithoutValidation(FieldNames.ToString(field.Name), Encoding.Latin1.GetString(field.Value));
        }
    }
}
