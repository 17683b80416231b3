using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Wire;

namespace HotQuic.Testing;

/// <summary>Takes a payload apart into its frames. Runs of PADDING count as one.</summary>
internal static class FrameSplitter
{
    public static List<LoggedFrame> Split(ReadOnlySpan<byte> payload)
    {
        var frames = new List<LoggedFrame>();
        var reader = new WireReader(payload);
        while (!reader.IsEmpty)
        {
            int start = reader.Position;
            if (!FrameRules.TryReadFrameType(ref reader, out ulong type, out TransportError? _) || !Skip((FrameType)type, ref reader))
            {
                throw new InvalidOperationException($"No frame at {start} of {Convert.ToHexString(payload)}.");
            }

            frames.Add(new LoggedFrame((FrameType)type, payload[start..reader.Position].ToArray()));
        }

        return frames;
    }

    private static bool Skip(FrameType type, ref WireReader reader)
    {
        switch (type)
        {
            case FrameType.Padding:
                reader.SkipZeros();
                return true;
            case FrameType.Ping or FrameType.HandshakeDone:
                return true;
            case FrameType.Ack or FrameType.AckEcn:
                return AckFrame.TryRead(type, ref reader, out _);
            case FrameType.Crypto:
                return CryptoFrame.TryRead(ref reader, out _);
            case FrameType.NewToken:
                return NewTokenFrame.TryRead(ref reader, out _);
            case >= FrameType.Stream and <= FrameType.StreamLast:
                return StreamFrame.TryRead(type, ref reader, out _);
            case FrameType.NewConnectionId:
                return NewConnectionIdFrame.TryRead(ref reader, out _);
            case FrameType.PathChallenge:
                return PathChallengeFrame.TryRead(ref reader, out _);
            case FrameType.PathResponse:
                return PathResponseFrame.TryRead(ref reader, out _);
            case FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication:
                return ConnectionCloseFrame.TryRead(type, ref reader, out _);
            case FrameType.Datagram or FrameType.DatagramWithLength:
                return DatagramFrame.TryRead(type, ref reader, out _);
            default:
                return SkipIntegers(Integers(type), ref reader);
        }
    }

    /// <summary>The rest are rows of integers.</summary>
    private static int Integers(FrameType type) => type switch
    {
        FrameType.ResetStream => 3,
        FrameType.StopSending or FrameType.MaxStreamData or FrameType.StreamDataBlocked => 2,
        _ => 1,
    };

    private static bool SkipIntegers(int count, ref WireReader reader)
    {
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadVarInt(out _))
            {
                return false;
            }
        }

        return true;
    }
}
