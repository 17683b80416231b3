using System.Diagnostics.CodeAnalysis;

namespace HotQuic.Streams;

/// <summary>Requests for streams in the order they came, linked through themselves, so that one that is given up leaves from anywhere.</summary>
internal sealed class StreamRequestList
{
    private StreamRequest? _first;
    private StreamRequest? _last;

    /// <summary>Whose turn it is.</summary>
    public bool TryPeek([NotNullWhen(true)] out StreamRequest? request)
    {
        request = _first;
        return request is not null;
    }

    public void Add(StreamRequest request)
    {
        request.List = this;
        request.Previous = _last;
        if (_last is null)
        {
            _first = request;
        }
        else
        {
            _last.Next = request;
        }

        _last = request;
    }

    /// <summary>Takes a request out; false where it is not in this list.</summary>
    public bool Remove(StreamRequest request)
    {
        if (request.List != this)
        {
            return false;
        }

        if (request.Previous is { } previous)
        {
            previous.Next = request.Next;
        }
        else
        {
            _first = request.Next;
        }

        if (request.Next is { } next)
        {
            next.Previous = request.Previous;
        }
        else
        {
            _last = request.Previous;
        }

        request.List = null;
        request.Next = null;
        request.Previous = null;
        return true;
    }
}
