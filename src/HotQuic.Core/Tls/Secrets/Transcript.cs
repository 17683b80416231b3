using System.Security.Cryptography;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tls.Secrets;

/// <summary>
/// The running hash of all handshake messages (RFC 8446 §4.4.1). Messages before the hash is known are kept, and
/// hashed by <see cref="Start"/>. After <see cref="Dispose"/> the messages of another handshake may follow.
/// </summary>
/// <param name="pool">Where running hashes come from, and go.</param>
internal sealed class Transcript(HandshakePool pool) : IDisposable
{
    private readonly HandshakeWriter _kept = new();
    private IncrementalHash? _hash;
    private HashFunction _function;

    /// <summary>Appends a whole message, header included.</summary>
    public void Append(ReadOnlySpan<byte> message)
    {
        if (_hash is null)
        {
            _kept.WriteBytes(message);
        }
        else
        {
            _hash.AppendData(message);
        }
    }

    /// <summary>The hash is known now.</summary>
    public void Start(HashFunction function)
    {
        _function = function;
        _hash = pool.RentHash(function);
        _hash.AppendData(_kept.Written.Span);
        _kept.Dispose();
    }

    /// <summary>After a HelloRetryRequest was chosen, before it is appended: message_hash takes the place of the ClientHello.</summary>
    public void ReplaceWithMessageHash()
    {
        Span<byte> message = stackalloc byte[HandshakeMessageLimits.HeaderLength + HashFunctions.MaxLength];
        message = message[..(HandshakeMessageLimits.HeaderLength + _function.Length())];
        message[0] = (byte)HandshakeType.MessageHash;
        message[1] = 0;
        message[2] = 0;
        message[3] = (byte)_function.Length();
        _ = Started.GetHashAndReset(message[HandshakeMessageLimits.HeaderLength..]);
        Started.AppendData(message);
    }

    /// <summary>The hash of all messages so far.</summary>
    public void CopyHash(Span<byte> destination) => _ = Started.GetCurrentHash(destination);

    public void Dispose()
    {
        _kept.Dispose();
        if (_hash is not null)
        {
            pool.Return(_function, _hash);
            _hash = null;
            _function = default;
        }
    }

    private IncrementalHash Started => _hash ?? throw new InvalidOperationException("The transcript's hash is not known yet, or no longer.");
}
