using System.Security.Cryptography;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Tls;

/// <summary>The beginning and the end of each handshake that an object serves.</summary>
internal abstract partial class TlsHandshake
{
    /// <summary>Wipes all secrets that nobody took and gives all buffers back.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Question = HandshakeQuestion.None;
            _secrets.Dispose();
            CryptographicOperations.ZeroMemory(_signedContent);
            _verdictRequest = null;
            _signatureRequest = default;
            _peerChain = [];
            _input.Dispose();
            _output.Dispose();
            OnDispose();
        }
    }

    private protected void StartSecrets(KeyLog? keyLog)
    {
        _secrets.Begin(keyLog);
        _areSecretsStarted = true;
    }

    /// <summary>Starts anew, for another handshake of the same role.</summary>
    private protected void BeginHandshake()
    {
        Dispose();
        _disposed = false;
        _inputLevel = default;
        _failure = null;
        _signatureRequest = default;
        _verdictRequest = null;
        _peerChain = [];
        _peerParametersLength = 0;
        _peerParameters = _peerParameters.Length > RetainedParameters ? [] : _peerParameters;
        _secrets.Begin(keyLog: null);
        _areSecretsStarted = false;
        ReceiveLevel = EncryptionLevel.Initial;
        IsComplete = false;
        UsedHelloRetryRequest = false;
        NegotiatedSuite = null;
        NegotiatedGroup = null;
        ApplicationProtocol = default;
        ServerName = null;
        HasPeerTransportParameters = false;
        Question = HandshakeQuestion.None;
    }
}
