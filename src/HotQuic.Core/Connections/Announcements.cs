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
    private byte[] _token = [];
    private int _tokenLength;

    /// <summary>Counts the offers, so that news of an older token says nothing of the newest.</summary>
    private ulong _tokenNumber;

    public bool HasPendingFrames => _isDonePending || _isTokenPending;

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin()
    {
        _isDonePending = false;
        _isTokenPending = false;
        _tokenLength = 0;
        _tokenNumber = 0;
    }

    /// <summary>Gives back the room of a token that has arrived.</summary>
    public void Rest()
    {
        if (_tokenLength == 0)
        {
            _token = [];
        }
    }

    public void AnnounceHandshakeDone() => _isDonePending = true;

    public void OfferToken(ReadOnlySpan<byte> token)
    {
        if (_token.Length < token.Length)
        {
            _token = new byte[token.Length];
        }

        token.CopyTo(_token);
        _tokenLength = token.Length;
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
            var frame = new NewTokenFrame(_token.AsSpan(0, _tokenLength));
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
            _tokenLength = 0;
            _isTokenPending = false;
        }
    }

    public void OnLost(in SentFrame frame)
    {
        _isDonePending |= frame.Type == FrameType.HandshakeDone;
        _isTokenPending |= frame.Type == FrameType.NewToken && frame.Id == _tokenNumber && _tokenLength > 0;
    }
}
