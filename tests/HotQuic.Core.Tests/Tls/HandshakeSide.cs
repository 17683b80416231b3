using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.Messages;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Core.Tests.Tls;

/// <summary>One side of a handshake with an owner that answers its questions and keeps what comes out.</summary>
internal sealed class HandshakeSide(TlsHandshake handshake) : IDisposable
{
    public TlsHandshake Handshake { get; } = handshake;

    public TransportError? Error { get; private set; }

    public List<TrafficSecret> Secrets { get; } = [];

    /// <summary>Messages that came out, whole, with their level.</summary>
    public Queue<(EncryptionLevel Level, byte[] Message)> Output { get; } = new();

    public List<HandshakeQuestion> Questions { get; } = [];

    public CertificateVerdictRequest? Judged { get; private set; }

    public ClientHelloInfo ClientHello { get; private set; }

    public SignatureRequest Signed { get; private set; }

    /// <summary>What a server answers its first question with.</summary>
    public TlsServerConfiguration? Configuration { get; init; }

    public byte[] TransportParameters { get; init; } = [0x01, 0x01, 0x1e];

    /// <summary>Left unanswered.</summary>
    public HandshakeQuestion Withheld { get; set; }

    public Func<CertificateVerdictRequest, CertificateVerdict> Judge { get; init; } = TestCredentials.Judge;

    public Func<SignatureRequest, byte[]> Sign { get; init; } = TestCredentials.Sign;

    public void Start()
    {
        if (Handshake is TlsClientHandshake client)
        {
            client.Start(TransportParameters);
            Collect();
        }
    }

    public TransportError? Receive(EncryptionLevel level, ReadOnlySpan<byte> data)
    {
        Note(Handshake.Receive(level, data));
        Collect();
        AnswerQuestions();
        return Error;
    }

    public void AnswerQuestions()
    {
        while (Handshake.Question != HandshakeQuestion.None && Handshake.Question != Withheld)
        {
            Questions.Add(Handshake.Question);
            switch (Handshake.Question)
            {
                case HandshakeQuestion.Configuration:
                    var server = (TlsServerHandshake)Handshake;
                    // A copy: its memory is the handshake's own, and another's once the question is answered.
                    ClientHello = new ClientHelloInfo(server.ClientHello.Message.ToArray());
                    Note(server.ProvideConfiguration(Configuration!, TransportParameters));
                    break;
                case HandshakeQuestion.Signature:
                    Signed = Handshake.SignatureRequest;
                    Note(Handshake.ProvideSignature(Sign(Signed)));
                    break;
                default:
                    Judged = Handshake.VerdictRequest;
                    Note(Handshake.ProvideCertificateVerdict(Judge(Judged)));
                    break;
            }

            Collect();
        }
    }

    public TrafficSecret Secret(EncryptionLevel level, SecretDirection direction) =>
        Secrets.Single(secret => secret.Level == level && secret.Direction == direction);

    public void Dispose() => Handshake.Dispose();

    private void Note(TransportError? error) => Error ??= error;

    private void Collect()
    {
        while (Handshake.TryTakeSecret(out TrafficSecret secret))
        {
            Secrets.Add(secret);
        }

        while (Handshake.TryTakeOutput(out EncryptionLevel level, out ReadOnlyMemory<byte> bytes))
        {
            ReadOnlySpan<byte> rest = bytes.Span;
            while (!rest.IsEmpty)
            {
                int length = HandshakeMessageLimits.HeaderLength + ((rest[1] << 16) | (rest[2] << 8) | rest[3]);
                Output.Enqueue((level, rest[..length].ToArray()));
                rest = rest[length..];
            }
        }
    }
}
