using System.Security.Cryptography;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tls.Secrets;

/// <summary>
/// Transcript, key schedule and the secrets that come of them, for either role. <see cref="Append"/> every message as it
/// is sent or accepted; <see cref="Start"/> when the suite is known; <see cref="DeriveHandshake"/> after the ServerHello;
/// <see cref="DeriveApplication"/> after the server's Finished; <see cref="Complete"/> when both are verified. Each step
/// queues the traffic secrets that may be installed then, and wipes what is needed no longer (RFC 8446 §7.1, last paragraph).
/// <see cref="Begin"/> comes before each handshake.
/// </summary>
internal sealed class HandshakeSecrets : IDisposable
{
    private readonly EndpointRole _role;
    private readonly Transcript _transcript;
    private readonly Queue<TrafficSecret> _ready = new(capacity: 4);
    private readonly KeySchedule _schedule = new(default);

    /// <summary>The memory of the traffic secrets: one for each level, direction and length, made when first wanted.</summary>
    private readonly byte[]?[] _trafficSecrets = new byte[8][];
    private KeyLog? _keyLog;
    private bool _isScheduled;
    private HashFunction _hash;
    private CipherSuite _suite;
    private SecretBytes _clientRandom;
    private SecretBytes _clientHandshake;
    private SecretBytes _serverHandshake;
    private SecretBytes _exporter;
    private byte[]? _applicationReceive;
    private byte[]? _applicationSend;

    public HandshakeSecrets(EndpointRole role, HandshakePool pool)
    {
        _role = role;
        _transcript = new Transcript(pool);
    }

    /// <summary>Starts anew, for another handshake; of an earlier one nothing is left.</summary>
    public void Begin(KeyLog? keyLog)
    {
        Dispose();
        foreach (byte[]? secret in _trafficSecrets)
        {
            CryptographicOperations.ZeroMemory(secret);
        }

        _keyLog = keyLog;
        _schedule.Begin(default);
        _hash = default;
        _suite = default;
    }

    /// <summary>Bytes of the suite's hash.</summary>
    public int HashLength => _hash.Length();

    /// <summary>Appends a whole message, header included.</summary>
    public void Append(ReadOnlySpan<byte> message) => _transcript.Append(message);

    /// <summary>The suite is chosen: hash what was appended so far.</summary>
    public void Start(CipherSuite suite)
    {
        _suite = suite;
        _hash = HashFunctions.Of(suite);
        _transcript.Start(_hash);
    }

    /// <summary>A HelloRetryRequest comes next.</summary>
    public void ReplaceWithMessageHash() => _transcript.ReplaceWithMessageHash();

    /// <summary>The hash of all messages so far.</summary>
    public ReadOnlySpan<byte> CopyTranscriptHash(Span<byte> buffer)
    {
        _transcript.CopyHash(buffer);
        return buffer[..HashLength];
    }

    /// <summary>Both handshake traffic secrets; the transcript ends with the ServerHello.</summary>
    public void DeriveHandshake(ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> clientRandom)
    {
        clientRandom.CopyTo(_clientRandom);
        _schedule.Begin(_hash);
        _isScheduled = true;
        _schedule.ExtractHandshake(sharedSecret);
        Span<byte> hash = stackalloc byte[HashFunctions.MaxLength];
        ReadOnlySpan<byte> transcriptHash = CopyTranscriptHash(hash);
        _schedule.Derive("c hs traffic"u8, transcriptHash, ClientHandshake);
        _schedule.Derive("s hs traffic"u8, transcriptHash, ServerHandshake);
        _schedule.ExtractMain();
        Log("CLIENT_HANDSHAKE_TRAFFIC_SECRET", ClientHandshake);
        Log("SERVER_HANDSHAKE_TRAFFIC_SECRET", ServerHandshake);
        bool isClient = _role == EndpointRole.Client;
        byte[] receive = TrafficSecret(EncryptionLevel.Handshake, SecretDirection.Receive);
        byte[] send = TrafficSecret(EncryptionLevel.Handshake, SecretDirection.Send);
        (isClient ? ServerHandshake : ClientHandshake).CopyTo(receive);
        (isClient ? ClientHandshake : ServerHandshake).CopyTo(send);
        Ready(EncryptionLevel.Handshake, SecretDirection.Receive, receive);
        Ready(EncryptionLevel.Handshake, SecretDirection.Send, send);
    }

    /// <summary>
    /// The 1-RTT secrets and the exporter's; the transcript ends with the server's Finished. A server may send with its
    /// own at once; everything else waits for <see cref="Complete"/> (RFC 9001 §5.7).
    /// </summary>
    public void DeriveApplication()
    {
        if (!_isScheduled)
        {
            throw new InvalidOperationException("The handshake secrets come first.");
        }

        Span<byte> hash = stackalloc byte[HashFunctions.MaxLength];
        ReadOnlySpan<byte> transcriptHash = CopyTranscriptHash(hash);
        bool isClient = _role == EndpointRole.Client;
        byte[] client = TrafficSecret(EncryptionLevel.OneRtt, isClient ? SecretDirection.Send : SecretDirection.Receive);
        byte[] server = TrafficSecret(EncryptionLevel.OneRtt, isClient ? SecretDirection.Receive : SecretDirection.Send);
        _schedule.Derive("c ap traffic"u8, transcriptHash, client);
        _schedule.Derive("s ap traffic"u8, transcriptHash, server);
        _schedule.Derive("exp master"u8, transcriptHash, Exporter);
        _schedule.Wipe();
        Log("CLIENT_TRAFFIC_SECRET_0", client);
        Log("SERVER_TRAFFIC_SECRET_0", server);
        Log("EXPORTER_SECRET", Exporter);
        _applicationReceive = isClient ? server : client;
        _applicationSend = isClient ? client : server;
        if (!isClient)
        {
            ReadyToSend();
        }
    }

    /// <summary>Both Finished messages are good: the other 1-RTT secrets, and an end to those of the handshake.</summary>
    public void Complete()
    {
        ReadyToSend();
        if (_applicationReceive is { } receive)
        {
            _applicationReceive = null;
            Ready(EncryptionLevel.OneRtt, SecretDirection.Receive, receive);
        }

        WipeHandshake();
        _transcript.Dispose();
    }

    /// <summary>The next secret that may be installed.</summary>
    public bool TryTake(out TrafficSecret secret) => _ready.TryDequeue(out secret);

    /// <summary>verify_data of a Finished message that covers the transcript so far (RFC 8446 §4.4.4).</summary>
    public ReadOnlySpan<byte> FinishedVerifyData(EndpointRole sender, Span<byte> buffer)
    {
        Span<byte> key = stackalloc byte[HashFunctions.MaxLength];
        Span<byte> hash = stackalloc byte[HashFunctions.MaxLength];
        key = key[..HashLength];
        _hash.ExpandLabel(sender == EndpointRole.Client ? ClientHandshake : ServerHandshake, "finished"u8, [], key);
        _hash.Hmac(key, CopyTranscriptHash(hash), buffer);
        CryptographicOperations.ZeroMemory(key);
        return buffer[..HashLength];
    }

    /// <summary>RFC 8446 §7.5</summary>
    public void Export(ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        Span<byte> hash = stackalloc byte[HashFunctions.MaxLength];
        Span<byte> secret = stackalloc byte[HashFunctions.MaxLength];
        hash = hash[..HashLength];
        secret = secret[..HashLength];
        _hash.ExpandLabel(Exporter, label, _hash.HashOfNothing(), secret);
        _hash.Hash(context, hash);
        _hash.ExpandLabel(secret, "exporter"u8, hash, output);
        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>Wipes what further secrets would come of; those ready can still be taken, to close the connection under them.</summary>
    public void WipeSchedule()
    {
        WipeHandshake();
        CryptographicOperations.ZeroMemory(_exporter);
    }

    /// <summary>Wipes everything, secrets that nobody took included.</summary>
    public void Dispose()
    {
        WipeHandshake();
        CryptographicOperations.ZeroMemory(_exporter);
        CryptographicOperations.ZeroMemory(_clientRandom);
        CryptographicOperations.ZeroMemory(_applicationReceive);
        CryptographicOperations.ZeroMemory(_applicationSend);
        _applicationReceive = null;
        _applicationSend = null;
        _keyLog = null;
        while (_ready.TryDequeue(out TrafficSecret secret))
        {
            CryptographicOperations.ZeroMemory(secret.Bytes);
        }

        _transcript.Dispose();
    }

    private Span<byte> ClientHandshake => ((Span<byte>)_clientHandshake)[..HashLength];

    private Span<byte> ServerHandshake => ((Span<byte>)_serverHandshake)[..HashLength];

    private Span<byte> Exporter => ((Span<byte>)_exporter)[..HashLength];

    private byte[] TrafficSecret(EncryptionLevel level, SecretDirection direction)
    {
        int index = (level == EncryptionLevel.OneRtt ? 4 : 0) + (direction == SecretDirection.Send ? 2 : 0) + (_hash == HashFunction.Sha384 ? 1 : 0);
        return _trafficSecrets[index] ??= new byte[HashLength];
    }

    private void Ready(EncryptionLevel level, SecretDirection direction, byte[] bytes) =>
        _ready.Enqueue(new TrafficSecret(level, direction, _suite, bytes));

    private void ReadyToSend()
    {
        if (_applicationSend is { } send)
        {
            _applicationSend = null;
            Ready(EncryptionLevel.OneRtt, SecretDirection.Send, send);
        }
    }

    private void WipeHandshake()
    {
        _schedule.Wipe();
        _isScheduled = false;
        CryptographicOperations.ZeroMemory(_clientHandshake);
        CryptographicOperations.ZeroMemory(_serverHandshake);
    }

    private void Log(string label, ReadOnlySpan<byte> secret) => _keyLog?.Write(label, ((ReadOnlySpan<byte>)_clientRandom)[..32], secret);
}
