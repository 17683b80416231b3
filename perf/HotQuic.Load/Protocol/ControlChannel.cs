using System.Text.Json.Serialization.Metadata;

namespace HotQuic.Load.Protocol;

/// <summary>
/// Messages as JSON lines over a stream: <see cref="SendAsync"/> and <see cref="ReceiveAsync"/>, one caller at a time for each.
/// What a peer sends wrongly becomes an <see cref="InvalidDataException"/>.
/// </summary>
public sealed class ControlChannel(Stream stream)
{
    private readonly ControlLines _lines = new();

    /// <summary>Sends one message.</summary>
    public async Task SendAsync<T>(T message, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        await stream.WriteAsync(ControlLines.ToLine(message, type), cancellation);
        await stream.FlushAsync(cancellation);
    }

    /// <summary>Waits for one message; null when the peer has ended the stream between two messages.</summary>
    /// <exception cref="InvalidDataException">The line is too long, cut off, or no such message.</exception>
    public async Task<T?> ReceiveAsync<T>(JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            if (_lines.TryTake(type) is { } message)
            {
                return message;
            }

            int read = await stream.ReadAsync(_lines.Free, cancellation);
            if (read == 0)
            {
                _lines.End();
                return null;
            }

            _lines.OnFilled(read);
        }
    }
}
