using System.Buffers;
using HotQuic.Http3.Connections;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Requests;

/// <summary>
/// The frames of the response, taken off what the stream's reader shows, which is held for as long as something is left of it.
/// </summary>
/// <remarks>
/// <code>
/// Head --1xx--: Head --HEADERS--: Body --HEADERS--: Trailers
///                                  | end              | end
///                                  '-----: Ended :----'
/// </code>
/// DATA is for Body alone; unknown frames are skipped anywhere (RFC 9114 §4.1).
/// </remarks>
internal sealed partial class Exchange
{
    private const int MostInterimResponses = 100;

    private static readonly Http3Error DataOutOfOrder = new(Http3ErrorCode.FrameUnexpected, "a DATA frame comes before the response's fields or after its trailers");
    private static readonly Http3Error HeadersOutOfOrder = new(Http3ErrorCode.FrameUnexpected, "a HEADERS frame comes after the trailers");
    private static readonly Http3Error PushNotAllowed = new(Http3ErrorCode.IdError, "a push is promised, and no push ID was allowed");
    private static readonly Http3Error Truncated = new(Http3ErrorCode.FrameError, "the stream ends within a frame");
    private static readonly Http3Error NoResponse = new(Http3ErrorCode.MessageError, "the stream ends before a response");
    private static readonly Http3Error TooMuchContent = new(Http3ErrorCode.MessageError, "there is more content than the content-length says");
    private static readonly Http3Error TooLittleContent = new(Http3ErrorCode.MessageError, "there is less content than the content-length says");
    private static readonly Http3Error ContentNotAllowed = new(Http3ErrorCode.MessageError, "there is content in a response that never has any");

    /// <summary>RFC 9114 §10.5: what costs the sender nothing and may go on for ever has a limit.</summary>
    private static readonly Http3Error TooManyInterim = new(Http3ErrorCode.ExcessiveLoad, "there are more interim responses than this side accepts") { IsLimit = true };

    private ReadOnlySequence<byte> _rest;
    private bool _holdsBuffer;
    private bool _isFinal;
    private Phase _phase;
    private FrameKind _kind;
    private long _frameRemaining;
    private long _received;
    private int _interimCount;
    private bool _isHead;
    private Http3Error? _error;
    private Task? _inserts;

    private enum Phase
    {
        Head,
        Body,
        Trailers,
        Ended,
    }

    private enum FrameKind
    {
        /// <summary>Between two frames.</summary>
        None,
        Data,
        Section,
        Skipped,
    }

    /// <summary>What comes next in the response.</summary>
    internal enum FrameStep
    {
        /// <summary>More has to arrive.</summary>
        NeedMore,

        /// <summary>A section waits for entries of the QPACK table.</summary>
        Blocked,

        /// <summary>The final response's fields are there.</summary>
        Fields,

        /// <summary>What is left begins with content.</summary>
        Data,

        /// <summary>The response is over.</summary>
        End,

        /// <summary>The peer broke the protocol.</summary>
        Failed,

        /// <summary>The reader called the wait off.</summary>
        Canceled,
    }

    /// <summary>Whether everything that belongs to the response was read.</summary>
    internal bool HasEnded => _phase == Phase.Ended;

    /// <summary>Goes through what is there up to the next thing that concerns the reader.</summary>
    private FrameStep Step(long beyond)
    {
        while (_error is null)
        {
            switch (_kind)
            {
                case FrameKind.Data when _frameRemaining > 0:
                    return _rest.Length > beyond || _rest.Length >= _frameRemaining ? FrameStep.Data : Starve();
                case FrameKind.Section:
                    if (StepSection() is { } step)
                    {
                        return step;
                    }

                    break;
                case FrameKind.Skipped when _frameRemaining > 0:
                    Take(Math.Min(_rest.Length, _frameRemaining));
                    if (_frameRemaining > 0)
                    {
                        return Starve();
                    }

                    break;
                default:
                    _kind = FrameKind.None;
                    if (_phase == Phase.Ended || (_rest.IsEmpty && _isFinal))
                    {
                        return Conclude();
                    }

                    if (!Http3FrameHeader.TryRead(_rest, out Http3FrameHeader header, out int consumed))
                    {
                        return Starve();
                    }

                    _rest = _rest.Slice(consumed);
                    if (BeginFrame(header) is { } error)
                    {
                        return Fail(error);
                    }

                    break;
            }
        }

        return FrameStep.Failed;
    }

    private FrameStep Starve() => _isFinal ? Fail(Truncated) : FrameStep.NeedMore;

    private FrameStep Fail(Http3Error error)
    {
        _error = error;
        return FrameStep.Failed;
    }

    /// <summary>The end of the stream is the end of the response (RFC 9114 §4.1).</summary>
    private FrameStep Conclude()
    {
        if (_phase == Phase.Head)
        {
            return Fail(NoResponse);
        }

        if (ContentLength >= 0 && _received != ContentLength && !NeverHasContent)
        {
            return Fail(TooLittleContent);
        }

        _phase = Phase.Ended;
        return FrameStep.End;
    }

    private Http3Error? BeginFrame(Http3FrameHeader header)
    {
        if (Http3FrameRules.Check(header, Http3FramePlaces.Response) is { } error)
        {
            return error;
        }

        _frameRemaining = (long)header.PayloadLength;
        switch (header.Type)
        {
            case Http3FrameType.Data:
                _kind = FrameKind.Data;
                return BeginData();
            case Http3FrameType.Headers:
                _kind = FrameKind.Section;
                return _phase == Phase.Trailers ? HeadersOutOfOrder
                    : _frameRemaining > _connection.MaxFieldSectionSize ? FieldDecoding.TooLarge
                    : null;
            case Http3FrameType.PushPromise:
                return PushNotAllowed; // RFC 9114 §7.2.5
            default:
                _kind = FrameKind.Skipped;
                return null;
        }
    }

    private Http3Error? BeginData()
    {
        if (_phase != Phase.Body)
        {
            return DataOutOfOrder;
        }

        if (_frameRemaining > 0 && NeverHasContent)
        {
            return ContentNotAllowed;
        }

        if (ContentLength >= 0 && _frameRemaining > ContentLength - _received)
        {
            return TooMuchContent;
        }

        _received += _frameRemaining;
        return null;
    }

    private void Take(long count)
    {
        _rest = _rest.Slice(count);
        _frameRemaining -= count;
    }

    /// <summary>A HEADERS frame, once all of it is there; null to go on behind it.</summary>
    private FrameStep? StepSection()
    {
        if (_rest.Length < _frameRemaining)
        {
            return Starve();
        }

        bool areTrailers = _phase == Phase.Body;
        FieldStore store = areTrailers ? _trailers ??= new FieldStore() : _fields;
        ResponseFieldSink sink = new(store, areTrailers);
        QpackOutcome outcome = Decode(_rest.Slice(0, _frameRemaining), ref sink);
        switch (outcome.Kind)
        {
            case QpackOutcomeKind.Decoded when sink.Complete() is { } error:
                return Fail(error);
            case QpackOutcomeKind.Decoded:
                Take(_frameRemaining);
                _kind = FrameKind.None;
                return areTrailers ? OnTrailers() : OnFields(sink.Status, sink.ContentLength);
            case QpackOutcomeKind.Blocked:
                return FrameStep.Blocked;
            case QpackOutcomeKind.TooLarge:
                return Fail(FieldDecoding.TooLarge);
            case QpackOutcomeKind.Stopped:
                return Fail(sink.Error!);
            default:
                return Fail(outcome.Error!);
        }
    }

    private QpackOutcome Decode(ReadOnlySequence<byte> section, ref ResponseFieldSink sink)
    {
        if (section.IsSingleSegment)
        {
            return _connection.Fields.Decode(StreamId, section.FirstSpan, ref sink, out _inserts);
        }

        int length = (int)section.Length;
        byte[] joined = ArrayPool<byte>.Shared.Rent(length);
        section.CopyTo(joined);
        QpackOutcome outcome = _connection.Fields.Decode(StreamId, joined.AsSpan(0, length), ref sink, out _inserts);
        ArrayPool<byte>.Shared.Return(joined);
        return outcome;
    }

    private FrameStep? OnTrailers()
    {
        _phase = Phase.Trailers;
        return null;
    }

    private FrameStep? OnFields(int status, long contentLength)
    {
        if (status < 200)
        {
            if (++_interimCount > MostInterimResponses)
            {
                return Fail(TooManyInterim);
            }

            _onInterim?.Invoke(status, new Http3Fields(this, _fields, Generation));
            _fields.Clear();
            return null;
        }

        Status = status;
        ContentLength = contentLength;
        _phase = Phase.Body;
        return FrameStep.Fields;
    }
}
