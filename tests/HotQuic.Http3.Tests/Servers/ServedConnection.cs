using HotQuic.Core.Wire;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Tests.Servers;

/// <summary>One client's connection at a <see cref="ScriptedServer"/>: the script says what is sent on it, and when.</summary>
internal sealed class ServedConnection(QuicConnection transport)
{
    private readonly List<QuicStream> _clientStreams = [];

    public QuicConnection Transport { get; } = transport;

    public QuicStream Control { get; private set; } = null!;

    /// <summary>Opens the control stream and sends what follows its type; SETTINGS without settings where nothing is given.</summary>
    public async Task StartAsync(params byte[][] frames)
    {
        Control = await OpenAsync(Http3StreamType.Control, frames.Length == 0 ? Wire.Settings : Wire.Join(frames));
    }

    public async Task<QuicStream> OpenAsync(Http3StreamType type, params byte[] bytes)
    {
        QuicStream stream = await Transport.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        byte[] start = new byte[VarInt.MaxLength];
        int length = VarInt.Write(start, (ulong)type);
        await stream.WriteAsync((byte[])[.. start[..length], .. bytes]);
        return stream;
    }

    /// <summary>The next request, with its fields; the client's own control and QPACK streams are kept aside.</summary>
    public async Task<ServedRequest> AcceptAsync()
    {
        while (true)
        {
            QuicStream stream = await Transport.AcceptInboundStreamAsync();
            if (stream.Type == QuicStreamType.Bidirectional)
            {
                ServedRequest request = new(stream);
                await request.ReadFieldsAsync();
                return request;
            }

            _clientStreams.Add(stream);
        }
    }

    /// <summary>The next of the client's own streams.</summary>
    public async Task<QuicStream> AcceptClientStreamAsync()
    {
        if (_clientStreams is [QuicStream first, ..])
        {
            _clientStreams.RemoveAt(0);
            return first;
        }

        QuicStream stream = await Transport.AcceptInboundStreamAsync();
        Assert.Equal(QuicStreamType.Unidirectional, stream.Type);
        return stream;
    }

    /// <summary>
    /// Reads the client's control stream up to its first GOAWAY: the frames behind SETTINGS, with their payloads. Whatever comes at once is read
    /// at once, so that the connection's close cannot come between.
    /// </summary>
    public async Task<List<(Http3FrameType Type, byte[] Payload)>> ReadControlAsync()
    {
        QuicStream control = await AcceptClientStreamAsync();
        byte[] bytes = new byte[1000];
        int length = 0;
        while (true)
        {
            int count = await control.ReadAsync(bytes.AsMemory(length));
            Assert.NotEqual(0, count);
            length += count;
            Assert.Equal((byte)Http3StreamType.Control, bytes[0]);
            List<(Http3FrameType Type, byte[] Payload)> frames = Wire.Frames(bytes.AsSpan(1, length - 1));
            if (frames.Any(frame => frame.Type == Http3FrameType.GoAway))
            {
                return frames;
            }
        }
    }

    /// <summary>Waits until the client closes the connection, and says with what.</summary>
    public async Task<Http3ErrorCode> WhenClosedAsync()
    {
        try
        {
            while (true)
            {
                await Transport.AcceptInboundStreamAsync();
            }
        }
        catch (QuicException e) when (e.QuicError == QuicError.ConnectionAborted)
        {
            return (Http3ErrorCode)e.ApplicationErrorCode!.Value;
        }
    }
}
