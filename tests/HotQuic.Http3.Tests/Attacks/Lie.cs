using HotQuic.Core.Wire;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Attacks;

/// <summary>
/// One response of a server that does not keep to the protocol, made of a seed: frames right and wrong, in the wrong order, cut short,
/// dripping byte by byte, and an end that is none. <see cref="TellAsync"/> tells it.
/// </summary>
internal sealed class Lie(int seed)
{
    private const int LargestPiece = 3000;

    private readonly Random _random = new(seed);

    /// <summary>Whether nothing follows what was told: only the client can end it.</summary>
    public bool IsStalled { get; private set; }

    /// <summary>Answers a request, or does something like it.</summary>
    public async Task TellAsync(ServedConnection connection, QuicStream stream)
    {
        byte[] response = Wire.Join([.. Enumerable.Range(0, _random.Next(1, 6)).Select(index => Part(index == 0))]);
        if (_random.Next(4) == 0)
        {
            response = response[.._random.Next(response.Length + 1)];
        }

        await DripAsync(stream, response);
        if (_random.Next(25) == 0)
        {
            await LieAboutTheConnectionAsync(connection);
        }

        End(stream);
    }

    private async Task DripAsync(QuicStream stream, byte[] response)
    {
        int largest = _random.Next(6) == 0 ? 3 : LargestPiece;
        int slowBytes = 200;
        for (int position = 0; position < response.Length;)
        {
            int count = Math.Min(response.Length - position, slowBytes-- > 0 ? _random.Next(1, largest + 1) : LargestPiece);
            await stream.WriteAsync(response.AsMemory(position, count));
            position += count;
            await Task.Yield();
        }
    }

    private void End(QuicStream stream)
    {
        switch (_random.Next(10))
        {
            case 0:
                stream.Abort(QuicAbortDirection.Write, Code());
                break;
            case 1:
                stream.Abort(QuicAbortDirection.Both, Code());
                break;
            case 2:
                stream.Abort(QuicAbortDirection.Read, Code());
                stream.CompleteWrites();
                break;
            case 3:
                IsStalled = true;
                break;
            default:
                stream.CompleteWrites();
                break;
        }
    }

    private long Code() => _random.Next(3) switch
    {
        0 => _random.Next(0x100, 0x111),
        1 => (long)Http3ErrorCode.RequestRejected,
        _ => _random.NextInt64((long)VarInt.MaxValue),
    };

    private byte[] Part(bool isFirst)
    {
        if (isFirst && _random.Next(4) != 0)
        {
            return Wire.Headers([(":status", "200"), .. Fields(_random.Next(4))]);
        }

        return _random.Next(16) switch
        {
            0 => Wire.Headers((":status", $"{_random.Next(90, 1100)}"), ("a", "b")),
            1 => Wire.Headers((":status", "200"), ("content-length", $"{_random.Next(20)}")),
            2 => Wire.Headers([(":status", "103"), .. Fields(2)]),
            3 => Wire.Join([.. Enumerable.Repeat(Wire.Headers((":status", "103")), _random.Next(300))]),
            4 => Wire.Headers([.. Fields(3)]),
            5 => Wire.Headers((":status", "200"), ("x", new string('x', _random.Next(60_000)))),
            6 => Wire.Headers([(":status", "200"), .. Fields(400)]),
            7 => Wire.Frame(Http3FrameType.Headers, Garbage(30)),
            8 => Wire.Frame((Http3FrameType)_random.Next(0x10), Garbage(10)),
            9 => Wire.Frame((Http3FrameType)ReservedValue.From((ulong)_random.NextInt64()), Garbage(5000)),
            10 => Garbage(100),
            11 => Overlong(),
            12 => Wire.Frame(Http3FrameType.Data),
            _ => Wire.Frame(Http3FrameType.Data, Garbage(20_000)),
        };
    }

    private (string Name, string Value)[] Fields(int count) =>
        [.. Enumerable.Range(0, count).Select(index => (_random.Next(40) == 0 ? "Bad name" : $"name-{index}", _random.Next(40) == 0 ? "\n" : new string('v', _random.Next(300))))];

    /// <summary>A frame that says that it is longer than anything.</summary>
    private byte[] Overlong()
    {
        byte[] bytes = new byte[Http3FrameHeader.MaxLength];
        Http3FrameHeader header = new((Http3FrameType)(_random.Next(2) == 0 ? 0 : _random.Next(0x20)), (ulong)_random.NextInt64((long)VarInt.MaxValue));
        return [.. bytes[..header.Write(bytes)], .. Garbage(1000)];
    }

    private byte[] Garbage(int longest)
    {
        byte[] bytes = new byte[_random.Next(longest + 1)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private async Task LieAboutTheConnectionAsync(ServedConnection connection)
    {
        switch (_random.Next(7))
        {
            case 0:
                await connection.Control.WriteAsync(Wire.Settings);
                break;
            case 1:
                await connection.Control.WriteAsync(Wire.GoAway((ulong)_random.Next(1000)));
                break;
            case 2:
                await connection.Control.WriteAsync(Garbage(50));
                break;
            case 3:
                await connection.OpenAsync((Http3StreamType)_random.Next(6), Garbage(50));
                break;
            case 4:
                connection.Control.Abort(QuicAbortDirection.Write, Code());
                break;
            case 5:
                await connection.Transport.CloseAsync(Code());
                break;
            default:
                await connection.Control.WriteAsync(Wire.GoAway(4 * (ulong)_random.Next(100)));
                break;
        }
    }
}
