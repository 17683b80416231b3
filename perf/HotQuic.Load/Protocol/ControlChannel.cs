using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace HotQuic.Load.Protocol;

/// <summary>
/// Messages as JSON lines over a stream: <see cref="SendAsync"/> and <see cref="ReceiveAsync"/>, one caller at a time for each.
/// What a peer sends wrongly becomes an <see cref="InvalidDataException"/>.
/// </summary>
public sealed class ControlChannel(Stream stream)
{
    private readonly byte[] _buffer = new byte[PerfProtocol.LongestLine];
    private int _buffered;

    /// <summary>Sends one message.</summary>
    public async Task SendAsync<T>(T message, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(message, type), (byte)'\n'];
        await stream.WriteAsync(line, cancellation);
        await stream.FlushAsync(cancellation);
    }

    /// <summary>Waits for one message; null when the peer has ended the stream between two messages.</summary>
    /// <exception cref="InvalidDataException">The line is too long, cut off, or no such message.</exception>
    public async Task<T?> ReceiveAsync<T>(JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            int end = _buffer.AsSpan(0, _buffered).IndexOf((byte)'\n');
            if (end >= 0)
            {
                T message = Parse(_buffer.AsSpan(0, end), type);
                _buffered -= end + 1;
                _buffer.AsSpan(end + 1, _buffered).CopyTo(_buffer);
                return message;
            }

            if (_buffered == _buffer.Length)
            {
                throw new InvalidDataException($"A control message is longer than {_buffer.Length} bytes.");
            }

            int read = await stream.ReadAsync(_buffer.AsMemory(_buffered), cancellation);
            if (read == 0)
            {
                return _buffered == 0 ? null : throw new InvalidDataException("A control message was cut off.");
            }

            _buffered += read;
        }
    }

    private static T Parse<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new InvalidDataException("A control message is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("A control message is not what the protocol expects.", e);
        }
    }
}
