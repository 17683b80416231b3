using HotQuic.Core.Packets;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tls;

/// <summary>
/// Handshake messages on their way out, a buffer for each of the two levels that a handshake sends at. What was taken
/// stays readable until <see cref="Release()"/>, which gives the buffers back to their pool.
/// </summary>
internal sealed class HandshakeOutput : IDisposable
{
    private readonly HandshakeWriter _initial = new();
    private readonly HandshakeWriter _handshake = new();
    private int _initialTaken;
    private int _handshakeTaken;

    /// <summary>Where messages of a level are built.</summary>
    public HandshakeWriter At(EncryptionLevel level) => level == EncryptionLevel.Initial ? _initial : _handshake;

    /// <summary>The bytes not yet taken, those of the lower level first.</summary>
    public bool TryTake(out EncryptionLevel level, out ReadOnlyMemory<byte> bytes)
    {
        level = EncryptionLevel.Initial;
        if (TryTake(_initial, ref _initialTaken, out bytes))
        {
            return true;
        }

        level = EncryptionLevel.Handshake;
        return TryTake(_handshake, ref _handshakeTaken, out bytes);
    }

    /// <summary>Gives back each buffer whose bytes were all taken.</summary>
    public void Release()
    {
        Release(_initial, ref _initialTaken);
        Release(_handshake, ref _handshakeTaken);
    }

    public void Dispose()
    {
        _initial.Dispose();
        _handshake.Dispose();
        _initialTaken = 0;
        _handshakeTaken = 0;
    }

    private static bool TryTake(HandshakeWriter writer, ref int taken, out ReadOnlyMemory<byte> bytes)
    {
        bytes = writer.Written[taken..];
        taken = writer.Length;
        return !bytes.IsEmpty;
    }

    private static void Release(HandshakeWriter writer, ref int taken)
    {
        if (taken == writer.Length)
        {
            writer.Dispose();
            taken = 0;
        }
    }
}
