using System.Buffers;
using System.IO.Pipelines;
using HotQuic.Http3.Errors;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Connections;

/// <summary>
/// The streams that the server opens, all unidirectional (RFC 9114 §6.2): <see cref="RunAsync"/> takes them until the connection ends, and
/// reads each to its end.
/// </summary>
internal sealed class PeerStreams(Http3Connection connection)
{
    private static readonly Http3Error SecondStream = new(Http3ErrorCode.StreamCreationError, "there is a second stream of a kind of which there is one");
    private static readonly Http3Error PushStream = new(Http3ErrorCode.IdError, "there is a push stream, and no push ID was allowed");
    private static readonly Http3Error CriticalStreamClosed = new(Http3ErrorCode.ClosedCriticalStream, "a stream ended that lives as long as the connection");

    private int _kindsSeen;

    /// <summary>Ends with the connection: what it throws says how that ended.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            QuicStream stream = await connection.Transport.AcceptInboundStreamAsync().ConfigureAwait(false);
            _ = ReadAsync(stream);
        }
    }

    /// <summary>An own stream that lives as long as the connection: the server may not ask for its end either (RFC 9114 §6.2.1).</summary>
    public async Task WatchAsync(QuicStream own)
    {
        try
        {
            await own.WritesClosed.ConfigureAwait(false);
        }
        catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
        {
            connection.Fail(CriticalStreamClosed);
        }
        catch (Exception e) when (Http3Failure.IsTransports(e))
        {
            // The connection has ended.
        }
    }

    private async Task ReadAsync(QuicStream stream)
    {
        bool isCritical = false;
        try
        {
            await using (stream.ConfigureAwait(false))
            {
                PipeReader input = stream.Input;
                if (await ReadTypeAsync(input).ConfigureAwait(false) is not { } type)
                {
                    return; // It ended before anybody could know what it was for.
                }

                isCritical = type is Http3StreamType.Control or Http3StreamType.QpackEncoder or Http3StreamType.QpackDecoder;
                if (await ReadAsync(stream, type).ConfigureAwait(false) is { } error)
                {
                    connection.Fail(error);
                }
            }
        }
        catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
        {
            if (isCritical)
            {
                connection.Fail(CriticalStreamClosed);
            }
        }
        catch (Exception e) when (Http3Failure.IsTransports(e))
        {
            // The connection has ended.
        }
    }

    private async Task<Http3Error?> ReadAsync(QuicStream stream, Http3StreamType type)
    {
        switch (type)
        {
            case Http3StreamType.Control or Http3StreamType.QpackEncoder or Http3StreamType.QpackDecoder:
                int kind = 1 << (int)type;
                if ((Interlocked.Or(ref _kindsSeen, kind) & kind) != 0)
                {
                    return SecondStream;
                }

                Http3Error? error = type switch
                {
                    Http3StreamType.Control => await ReadControlAsync(stream.Input).ConfigureAwait(false),
                    Http3StreamType.QpackEncoder => await ReadBytesAsync(stream.Input, connection.Fields.OnEncoderStream).ConfigureAwait(false),
                    _ => await ReadBytesAsync(stream.Input, new QpackDecoderStreamReader().OnDecoderStream).ConfigureAwait(false),
                };
                return error ?? CriticalStreamClosed;
            case Http3StreamType.Push:
                return PushStream; // RFC 9114 §4.6
            default:
                stream.Abort(QuicAbortDirection.Read, (long)Http3ErrorCode.StreamCreationError); // RFC 9114 §6.2
                return null;
        }
    }

    private static async Task<Http3StreamType?> ReadTypeAsync(PipeReader input)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync().ConfigureAwait(false);
            if (Http3StreamHeader.TryRead(result.Buffer, out Http3StreamType type, out int length))
            {
                input.AdvanceTo(result.Buffer.GetPosition(length));
                return type;
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }

    private async Task<Http3Error?> ReadControlAsync(PipeReader input)
    {
        ControlStreamReader reader = new(connection);
        while (true)
        {
            ReadResult result = await input.ReadAsync().ConfigureAwait(false);
            ReadOnlySequence<byte> rest = result.Buffer;
            Http3Error? error = reader.OnBytes(ref rest);
            input.AdvanceTo(rest.Start, rest.End);
            if (error is not null || result.IsCompleted)
            {
                return error;
            }
        }
    }

    private static async Task<Http3Error?> ReadBytesAsync(PipeReader input, ByteReader read)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync().ConfigureAwait(false);
            Http3Error? error = null;
            foreach (ReadOnlyMemory<byte> piece in result.Buffer)
            {
                error ??= read(piece.Span);
            }

            input.AdvanceTo(result.Buffer.End);
            if (error is not null || result.IsCompleted)
            {
                return error;
            }
        }
    }

    private delegate Http3Error? ByteReader(ReadOnlySpan<byte> bytes);
}
