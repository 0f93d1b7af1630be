using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Web;

namespace Hearth.Images.Tests.Transport;

/// <summary>
/// The authorization service that a token-protected registry sends its clients to (the Docker Registry v2 token protocol): gives one user a JWT, signed with
/// a key of its own, for the access that was asked for, and strangers nothing.
/// </summary>
internal sealed class TokenServer : IAsyncDisposable
{
    public const string Service = "test-registry";
    public const string Issuer = "test-issuer";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly LoopbackHttp _http;

    public TokenServer()
    {
        var request = new CertificateRequest("CN=" + Issuer, _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        _http = new LoopbackHttp(AnswerAsync);
    }

    public string Realm => $"http://{_http.Address}/token";

    /// <summary>What the registry trusts, as PEM.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem();

    /// <summary>The requests so far.</summary>
    public IReadOnlyCollection<string> Requests => _http.Paths;

    public async ValueTask DisposeAsync()
    {
        await _http.DisposeAsync();
        _certificate.Dispose();
        _key.Dispose();
    }

    private Task AnswerAsync(LoopbackHttp.Request request)
    {
        string basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestRegistry.User}:{TestRegistry.Password}"));
        if (request.Headers.GetValueOrDefault("Authorization") != basic)
        {
            return request.RefuseAsync(401);
        }

        string[] scopes = HttpUtility.ParseQueryString(new Uri("http://x" + request.Path).Query).GetValues("scope") ?? [];
        return request.JsonAsync($$"""{"token":"{{Token(scopes)}}","expires_in":300}""");
    }

    /// <param name="scopes"><c>repository:x/y:pull,push</c></param>
    private string Token(string[] scopes)
    {
        IEnumerable<string> access = scopes.Select(static scope => scope.Split(':')).Select(static parts =>
            $$"""{"type":"{{parts[0]}}","name":"{{parts[1]}}","actions":[{{string.Join(',', parts[2].Split(',').Select(static action => $"\"{action}\""))}}]}""");
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        string header = $$"""{"typ":"JWT","alg":"ES256","x5c":["{{Convert.ToBase64String(_certificate.RawData)}}"]}""";
        string claims = $$"""
            {"iss":"{{Issuer}}","sub":"{{TestRegistry.User}}","aud":"{{Service}}","nbf":{{now - 60}},"iat":{{now}},"exp":{{now + 300}},"jti":"{{Guid.NewGuid():N}}",
             "access":[{{string.Join(',', access)}}]}
            """;
        string signed = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
