using HotQuic.Certificates;
using HotQuic.Connections;
using HotQuic.Core.Tls;
using HotQuic.Shards;

namespace HotQuic.Handshakes;

/// <summary>
/// A handshake's questions that are too slow, or too foreign, for a shard: chains and the application's callbacks, signatures by RSA and
/// the larger curves. Each runs on the thread pool and its answer comes back through the mailbox, while the shard serves others.
/// </summary>
internal static class HandshakeWork
{
    private const int MaxSignatureLength = 1024;

    /// <summary>Signs; the answer is <see cref="ConnectionMessageKind.Sign"/>.</summary>
    public static void Sign(ConnectionDriver driver, ServerCredential credential, SignatureRequest request) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static work =>
            {
                byte[] buffer = new byte[MaxSignatureLength];
                bool isSigned = work.credential.TrySign(work.scheme, work.content, buffer, out int length);
                Answer(work.driver, work.Generation, ConnectionMessageKind.Sign, isSigned ? buffer[..length] : null);
            },
            (driver, driver.Generation, credential, scheme: request.Scheme, content: request.Content.ToArray()),
            preferLocal: false);

    /// <summary>Judges the peer's certificate; the answer is <see cref="ConnectionMessageKind.Verdict"/>.</summary>
    public static void Judge(ConnectionDriver driver, CertificateVerifier verifier, PeerCertificateProof proof) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => Answer(work.driver, work.Generation, ConnectionMessageKind.Verdict, work.verifier.Verify(work.proof)),
            (driver, driver.Generation, verifier, proof),
            preferLocal: false);

    private static void Answer(ConnectionDriver driver, uint generation, ConnectionMessageKind kind, object? answer) =>
        driver.Shard.Post(new ShardMessage(driver, (int)kind, answer) { Generation = generation });
}
