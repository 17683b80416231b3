using System.Buffers;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Connections;

/// <summary>
/// The frames of the server's control stream (RFC 9114 §6.2.1): <see cref="OnBytes"/> takes what has arrived, and tells the connection of
/// SETTINGS and GOAWAY.
/// </summary>
internal sealed class ControlStreamReader(Http3Connection connection)
{
    private static readonly Http3Error UnknownPush = new(Http3ErrorCode.IdError, "a push is cancelled, and no push ID was allowed");

    private Http3FrameHeader _frame;
    private ulong _remaining;
    private bool _isInFrame;
    private bool _hasSettings;

    /// <summary>Takes whole frames off the front; what is left is to be shown again, with more behind it.</summary>
    public Http3Error? OnBytes(ref ReadOnlySequence<byte> bytes)
    {
        while (true)
        {
            if (!_isInFrame)
            {
                if (!Http3FrameHeader.TryRead(bytes, out _frame, out int consumed))
                {
                    return null;
                }

                bytes = bytes.Slice(consumed);
                if ((_hasSettings ? Http3FrameRules.Check(_frame, Http3FramePlaces.ControlFromServer) : Http3FrameRules.CheckFirst(_frame)) is { } error)
                {
                    return error;
                }

                _isInFrame = true;
                _remaining = _frame.PayloadLength;
            }

            if (IsKnown(_frame.Type))
            {
                if ((ulong)bytes.Length < _remaining)
                {
                    return null;
                }

                if (OnFrame(bytes.Slice(0, (long)_remaining)) is { } error)
                {
                    return error;
                }
            }

            long taken = (long)Math.Min((ulong)bytes.Length, _remaining);
            bytes = bytes.Slice(taken);
            _remaining -= (ulong)taken;
            _isInFrame = _remaining > 0;
            if (_isInFrame)
            {
                return null;
            }
        }
    }

    /// <summary>Those whose payload is read, all short ones.</summary>
    private static bool IsKnown(Http3FrameType type) => type is Http3FrameType.Settings or Http3FrameType.GoAway or Http3FrameType.CancelPush;

    private Http3Error? OnFrame(in ReadOnlySequence<byte> payload)
    {
        byte[] bytes = payload.ToArray();
        Http3Error? error;
        switch (_frame.Type)
        {
            case Http3FrameType.Settings:
                _hasSettings = true;
                error = Http3Settings.Read(bytes, out Http3Settings settings);
                if (error is null)
                {
                    connection.OnSettings(settings);
                }

                return error;
            case Http3FrameType.GoAway:
                error = Http3IdentifierFrame.Read(bytes, out ulong identifier);
                return error ?? connection.OnGoAway((long)identifier);
            default:
                error = Http3IdentifierFrame.Read(bytes, out _);
                return error ?? UnknownPush;
        }
    }
}
