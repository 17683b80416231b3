using HotQuic.Core.Frames;

namespace HotQuic.Core.Connections;

/// <summary>
/// The two frames that a server owes after the handshake and repeats until they are acknowledged: HANDSHAKE_DONE
/// (RFC 9000 §19.20) and NEW_TOKEN (§19.7).
/// </summary>
internal sealed class Announcements
{
    private bool _isDonePending;
    private bool _isTokenPending;
    private byte[]? _token;

    /// <summary>Counts the offers, so that news of an older token says nothing of the newest.</summary>
    private ulong _tokenNumber;

    public bool HasPendingFrames => _isDonePending || _isTokenPending;

    public void AnnounceHandshakeDone() => _isDonePending = true;

    public void OfferToken(ReadOnlySpan<byte> token)
    {
        _token = token.ToArray();
        _tokenNumber++;
        _isTokenPending = true;
    }

    public void Transmit(ref FrameWriter writer)
    {
        if (_isDonePending && writer.Remaining >= 1)
        {
            writer.Wire.WriteByte((byte)FrameType.HandshakeDone);
            writer.Log(new SentFrame(FrameType.HandshakeDone, 0, 0, 0));
            _isDonePending = false;
        }

        if (_isTokenPending)
        {
            var frame = new NewTokenFrame(_token);
            if (writer.Remaining >= frame.Length)
            {
                frame.Write(ref writer.Wire);
                writer.Log(new SentFrame(FrameType.NewToken, 0, _tokenNumber, 0));
                _isTokenPending = false;
            }
        }
    }

    public void OnAcknowledged(in SentFrame frame)
    {
        if (frame.Type == FrameType.NewToken && frame.Id == _tokenNumber)
        {
            _token = null;
            _isTokenPending = false;
        }
    }

    public void OnLost(in SentFrame frame)
    {
        _isDonePending |= frame.Type == FrameType.HandshakeDone;
        _isTokenPending |= frame.Type == FrameType.NewToken && frame.Id == _tokenNumber && _token is not null;
    }
}
