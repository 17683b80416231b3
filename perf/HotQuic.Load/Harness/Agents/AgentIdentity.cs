using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HotQuic.Load.Harness.Agents;

/// <summary>
/// How a coordinator and an agent know one another: by one secret, the token, that both were given. The agent's key is made from it, so that
/// TLS itself proves that the agent knows the token, and whoever stands between them learns nothing; over that channel the coordinator says the
/// token. Dispose it to forget the key.
/// </summary>
internal sealed class AgentIdentity : IDisposable
{
    /// <summary>A token that can be guessed is none: whoever connects to an agent can try tokens against its certificate at leisure.</summary>
    public const int ShortestToken = 16;

    private const int ScalarLength = 32;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    private readonly byte[] _token;

    /// <param name="token">The secret.</param>
    /// <exception cref="ArgumentException">It is too short.</exception>
    public AgentIdentity(string token)
    {
        if (token.Length < ShortestToken)
        {
            throw new ArgumentException($"Expected a token of at least {ShortestToken} characters.", nameof(token));
        }

        _token = Encoding.UTF8.GetBytes(token);
        byte[] scalar = HKDF.DeriveKey(HashAlgorithmName.SHA256, _token, ScalarLength, info: "hotquic-load agent key"u8.ToArray());
        using ECDsa key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
        CryptographicOperations.ZeroMemory(scalar);
        CertificateRequest request = new("CN=hotquic-load", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        Certificate = request.CreateSelfSigned(now - TimeSpan.FromDays(1), now + Lifetime);
    }

    /// <summary>What the agent shows, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Makes a token that cannot be guessed.</summary>
    public static string NewToken() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Whether a certificate is of a key that was made from the same token.</summary>
    public bool IsSameKey(X509Certificate? certificate) =>
        certificate is not null && certificate.GetPublicKey().AsSpan().SequenceEqual(Certificate.GetPublicKey());

    /// <summary>Whether this is the token; how long it takes tells nothing.</summary>
    public bool IsToken(string token) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), _token);

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();
}
