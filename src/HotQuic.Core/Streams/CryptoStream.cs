using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Streams;

/// <summary>
/// The handshake bytes of one encryption level, both ways (RFC 9000 §7.5, RFC 9001 §4.1.3): a stream without flow control,
/// end or state. The TLS side calls <see cref="Write"/>, <see cref="Peek"/> and <see cref="Consume"/>; the connection gives
/// incoming frames to <see cref="OnCrypto"/>, calls <see cref="Transmit"/> while <see cref="HasPendingData"/>, returns
/// sent frames to <see cref="OnAcknowledged"/> or <see cref="OnLost"/>, says <see cref="OnHigherKeys"/>, and calls
/// <see cref="Release"/> when the level's keys are discarded.
/// </summary>
internal sealed class CryptoStream
{
    /// <summary>RFC 9000 §7.5: an endpoint buffers at least this much.</summary>
    public const int SmallestReceiveLimit = 4096;

    public const int DefaultReceiveLimit = 64 * 1024;

    private readonly StreamBufferPool _pool;
    private readonly ulong _receiveLimit;

    /// <summary>Each is made with its first byte: at 1-RTT there may never be one.</summary>
    private SendBuffer? _sending;
    private ReceiveBuffer? _receiving;
    private bool _hasHigherKeys;

    /// <param name="pool">The shard's stream memory.</param>
    /// <param name="receiveLimit">Bytes that may arrive ahead of what TLS has consumed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 4096.</exception>
    public CryptoStream(StreamBufferPool pool, int receiveLimit = DefaultReceiveLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(receiveLimit, SmallestReceiveLimit);
        _pool = pool;
        _receiveLimit = (ulong)receiveLimit;
    }

    /// <summary>Handshake bytes that can be read now.</summary>
    public int ReadableBytes => _receiving?.ReadableBytes ?? 0;

    /// <summary>True if bytes wait to be sent, for the first time or again.</summary>
    public bool HasPendingData => _sending is { } sending && (sending.HasLost || sending.UnsentBytes > 0);

    /// <summary>True if every byte written was acknowledged.</summary>
    public bool IsAcknowledged => _sending?.IsAcknowledged ?? true;

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin()
    {
        Release();
        _hasHigherKeys = false;
    }

    public TransportError? OnCrypto(in CryptoFrame frame)
    {
        _receiving ??= new ReceiveBuffer(_pool);
        ulong end = frame.Offset + (ulong)frame.Data.Length;
        if (end > VarInt.MaxValue)
        {
            return Fault(TransportErrorCode.FrameEncodingError, "The data ends past the largest offset.");
        }

        // RFC 9001 §4.1.3: an old level brings nothing new.
        if (_hasHigherKeys && end > _receiving.HighestEnd)
        {
            return Fault(TransportErrorCode.ProtocolViolation, "New handshake data came at an old encryption level.");
        }

        if (end > _receiving.ReadOffset + _receiveLimit)
        {
            return Fault(TransportErrorCode.CryptoBufferExceeded, "More handshake data came than is buffered.");
        }

        _receiving.Write(frame.Offset, frame.Data);
        return null;
    }

    /// <summary>TLS gave keys of a higher level: from now on this one brings nothing new, and nothing of it may be left (RFC 9001 §4.1.3).</summary>
    public TransportError? OnHigherKeys()
    {
        _hasHigherKeys = true;
        return _receiving is not { IsEmpty: false } ? null : Fault(TransportErrorCode.ProtocolViolation, "Handshake data was left when the keys changed.");
    }

    public int Read(Span<byte> destination) => _receiving?.Read(destination) ?? 0;

    /// <summary>Readable bytes in place, up to the end of their chunk.</summary>
    public ReadOnlySpan<byte> Peek() => _receiving is null ? default : _receiving.Peek();

    /// <exception cref="ArgumentOutOfRangeException">More than can be read.</exception>
    public void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ReadableBytes);
        _receiving?.Consume(count);
    }

    /// <summary>Takes handshake bytes to send; there is no limit, TLS knows what it writes.</summary>
    public void Write(ReadOnlySpan<byte> data) => (_sending ??= new SendBuffer(_pool)).Write(data);

    /// <summary>Writes CRYPTO frames, lost bytes first, while they fit.</summary>
    public void Transmit(ref FrameWriter writer)
    {
        while (_sending is not null && (_sending.TryGetLost(out OffsetRange range) || _sending.TryGetUnsent(out range)))
        {
            int room = CryptoFrame.MaxDataLength(writer.Remaining, range.Start);
            if (room <= 0)
            {
                return;
            }

            int length = (int)Math.Min((ulong)room, range.Length);
            CryptoFrame.WriteHeader(ref writer.Wire, range.Start, length);
            if (length == writer.Wire.Remaining)
            {
                _sending.AttachTo(ref writer, range.Start, length);
            }
            else
            {
                _sending.CopyTo(ref writer.Wire, range.Start, length);
            }

            writer.Log(new SentFrame(FrameType.Crypto, (uint)length, 0, range.Start));
            _sending.OnSent(range.Start, length);
        }
    }

    public void OnAcknowledged(in SentFrame frame) => _sending?.OnAcknowledged(frame.Offset, frame.Length);

    public void OnLost(in SentFrame frame) => _sending?.OnLost(frame.Offset, frame.Length);

    /// <summary>All memory goes back: the level's keys are gone and with them its data.</summary>
    public void Release()
    {
        _sending?.Reset();
        _receiving?.Reset();
    }

    private static TransportError Fault(TransportErrorCode code, string reason) => new(code, (ulong)FrameType.Crypto, reason);
}
