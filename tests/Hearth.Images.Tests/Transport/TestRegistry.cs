using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hearth.Linux.Processes;

namespace Hearth.Images.Tests.Transport;

/// <summary>Debian's docker-registry on a free port of loopback, in a directory of its own, until disposed.</summary>
internal sealed class TestRegistry : IAsyncDisposable
{
    public const string User = "reader";
    public const string Password = "secret";

    // htpasswd -B: the registry reads bcrypt only.
    private const string PasswordFile = "reader:$2y$05$yYsBXi8fJjppbFkKYt4sq..YfLdrM6gdnO9g6FuOI5lWIGsRMD1a6\n";

    private static readonly TimeSpan s_startBudget = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-registry-").FullName;
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _server = Task.CompletedTask;

    private TestRegistry()
    {
    }

    /// <summary>Host and port, under a name that the certificate of <c>tls</c> has too.</summary>
    public string Address { get; private set; } = "";

    /// <summary>The certificate to trust, with <c>tls</c>.</summary>
    public string CertificateFile => Path.Combine(_directory, "registry.crt");

    /// <summary>The requests so far: the access log's lines.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<TestRegistry> StartAsync(bool password = false, bool tls = false, TokenServer? tokens = null)
    {
        var registry = new TestRegistry();
        string config = Path.Combine(registry._directory, "config.yml");
        await File.WriteAllTextAsync(config, registry.Configuration(password, tls, tokens));
        var streams = new ToolStreams { OutputLine = registry.Requests.Enqueue, ErrorLine = registry.OnLog };
        registry._server = ToolProcess.RunAsync(new ToolCommand("docker-registry", ["serve", config]), streams, registry._stop.Token);
        Task first = await Task.WhenAny(registry._address.Task, registry._server).WaitAsync(s_startBudget);
        await first;
        registry.Address = await registry._address.Task;
        return registry;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _server;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }

        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void OnLog(string line)
    {
        const string Listening = "listening on 127.0.0.1:";
        int at = line.IndexOf(Listening, StringComparison.Ordinal);
        if (at >= 0)
        {
            string rest = line[(at + Listening.Length)..];
            _address.TrySetResult("localhost:" + rest[..rest.IndexOfAnyExceptInRange('0', '9')]);
        }
    }

    private string Configuration(bool password, bool tls, TokenServer? tokens)
    {
        string text = $"version: 0.1\nlog: {{level: info, formatter: text}}\nstorage: {{filesystem: {{rootdirectory: {_directory}/data}}}}\nhttp:\n  addr: 127.0.0.1:0\n  secret: test\n";
        if (tls)
        {
            MakeCertificate();
            text += $"  tls: {{certificate: {CertificateFile}, key: {_directory}/registry.key}}\n";
        }

        if (password)
        {
            File.WriteAllText(Path.Combine(_directory, "htpasswd"), PasswordFile);
            text += $"auth: {{htpasswd: {{realm: test, path: {_directory}/htpasswd}}}}\n";
        }

        if (tokens is not null)
        {
            File.WriteAllText(Path.Combine(_directory, "tokens.crt"), tokens.CertificatePem);
            text += $"auth: {{token: {{realm: '{tokens.Realm}', service: {TokenServer.Service}, issuer: {TokenServer.Issuer}, rootcertbundle: {_directory}/tokens.crt}}}}\n";
        }

        return text;
    }

    private void MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_directory, "registry.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
