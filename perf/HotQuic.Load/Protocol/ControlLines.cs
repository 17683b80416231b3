using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace HotQuic.Load.Protocol;

/// <summary>
/// Control messages as JSON lines, apart from what carries them: bytes come in through <see cref="Add"/> or <see cref="Free"/> with
/// <see cref="OnFilled"/>, messages out through <see cref="TryTake"/>. What a peer sends wrongly becomes an <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class ControlLines
{
    private readonly byte[] _buffer = new byte[PerfProtocol.LongestLine];
    private int _buffered;

    /// <summary>Where the next bytes go. Never empty after <see cref="TryTake"/> has found no message.</summary>
    public Memory<byte> Free => _buffer.AsMemory(_buffered);

    /// <summary>Whether no message has begun.</summary>
    public bool IsEmpty => _buffered == 0;

    /// <summary>A message as the line that is sent.</summary>
    public static byte[] ToLine<T>(T message, JsonTypeInfo<T> type) => [.. JsonSerializer.SerializeToUtf8Bytes(message, type), (byte)'\n'];

    /// <summary>So many bytes were put where they belong.</summary>
    public void OnFilled(int count) => _buffered += count;

    /// <summary>Takes what there is room for; returns how much that is.</summary>
    public int Add(ReadOnlySpan<byte> data)
    {
        int taken = Math.Min(data.Length, Free.Length);
        data[..taken].CopyTo(Free.Span);
        OnFilled(taken);
        return taken;
    }

    /// <summary>The next message; null as long as it has not come whole.</summary>
    /// <exception cref="InvalidDataException">The line is too long, or no such message.</exception>
    public T? TryTake<T>(JsonTypeInfo<T> type)
        where T : class
    {
        int end = _buffer.AsSpan(0, _buffered).IndexOf((byte)'\n');
        if (end < 0)
        {
            return _buffered < _buffer.Length ? null : throw new InvalidDataException($"A control message is longer than {_buffer.Length} bytes.");
        }

        T message = Parse(_buffer.AsSpan(0, end), type);
        _buffered -= end + 1;
        _buffer.AsSpan(end + 1, _buffered).CopyTo(_buffer);
        return message;
    }

    /// <summary>Nothing more comes.</summary>
    /// <exception cref="InvalidDataException">A message has begun.</exception>
    public void End()
    {
        if (!IsEmpty)
        {
            throw new InvalidDataException("A control message was cut off.");
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
