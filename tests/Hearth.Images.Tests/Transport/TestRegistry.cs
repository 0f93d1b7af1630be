using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hearth.Images.Tests.Transport;

/// <summary>A registry of a test's own: open, or protected by a password, by tokens, by a certificate that nobody trusts yet.</summary>
internal sealed class TestRegistry : IAsyncDisposable
{
    public const string User = "reader";
    public const string Password = "secret";

    // htpasswd -B: the registry reads bcrypt only.
    private const string PasswordFile = "reader:$2y$05$yYsBXi8fJjppbFkKYt4sq..YfLdrM6gdnO9g6FuOI5lWIGsRMD1a6\n";

    private readonly LoopbackRegistry _registry;

    private TestRegistry(LoopbackRegistry registry, string directory)
    {
        _registry = registry;
        CertificateFile = Path.Combine(directory, "registry.crt");
    }

    /// <summary>Host and port, under a name that the certificate of <c>tls</c> has too.</summary>
    public string Address => _registry.Address;

    /// <summary>The certificate to trust, with <c>tls</c>.</summary>
    public string CertificateFile { get; }

    /// <summary>The requests so far: the access log's lines.</summary>
    public ConcurrentQueue<string> Requests => _registry.Requests;

    public static async Task<TestRegistry> StartAsync(bool password = false, bool tls = false, TokenServer? tokens = null)
    {
        string directory = Directory.CreateTempSubdirectory("hearth-registry-").FullName;
        return new TestRegistry(await LoopbackRegistry.StartAsync(directory, Settings(directory, password, tls, tokens)), directory);
    }

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    private static IEnumerable<string> Settings(string directory, bool password, bool tls, TokenServer? tokens)
    {
        if (tls)
        {
            MakeCertificate(directory);
            yield return $"  tls: {{certificate: {directory}/registry.crt, key: {directory}/registry.key}}";
        }

        if (password)
        {
            File.WriteAllText(Path.Combine(directory, "htpasswd"), PasswordFile);
            yield return $"auth: {{htpasswd: {{realm: test, path: {directory}/htpasswd}}}}";
        }

        if (tokens is not null)
        {
            File.WriteAllText(Path.Combine(directory, "tokens.crt"), tokens.CertificatePem);
            yield return $"auth: {{token: {{realm: '{tokens.Realm}', service: {TokenServer.Service}, issuer: {TokenServer.Issuer}, rootcertbundle: {directory}/tokens.crt}}}}";
        }
    }

    private static void MakeCertificate(string directory)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        File.WriteAllText(Path.Combine(directory, "registry.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "registry.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
