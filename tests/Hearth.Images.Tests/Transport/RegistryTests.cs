using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Core.Storage;
using Hearth.Images.Archives;
using Hearth.Images.Store;
using Hearth.Images.Transport;
using Hearth.Linux.Processes;

namespace Hearth.Images.Tests.Transport;

/// <summary>The store with real skopeo, docker-registry and mksquashfs, on loopback.</summary>
[Trait("Kind", "kernel")]
public sealed class RegistryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-registry-tests-").FullName;
    private readonly TestImage _images;
    private readonly ImageStore _store;
    private readonly HearthPaths _paths;

    public RegistryTests()
    {
        _images = new TestImage(Path.Combine(_directory, "layout"));
        _paths = new HearthPaths(Path.Combine(_directory, "home"));
        _store = new ImageStore(_paths, TimeProvider.System);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [SkippableTheory]
    [InlineData("oci")]
    [InlineData("v2s2")]
    public async Task An_image_is_pulled_with_the_id_and_digest_that_its_registry_has(string format)
    {
        RequireTools("docker-registry");
        await using TestRegistry registry = await TestRegistry.StartAsync();
        _images.Add("a", null, ("one", "1"u8.ToArray()), ("two", "2"u8.ToArray()));
        await PushAsync("a", $"{registry.Address}/x/y:1", "--format", format);
        string reference = $"{registry.Address}/x/y:1";
        string rawConfig = await SkopeoAsync("inspect", "--tls-verify=false", "--raw", "--config", "docker://" + reference);
        string rawManifest = await SkopeoAsync("inspect", "--tls-verify=false", "--raw", "docker://" + reference);
        var reports = new List<StageProgress>();

        ImageRecord image = await _store.GetAsync(reference, PullPolicy.Missing, null, new Recorder(reports), CancellationToken.None);

        image.Id.ShouldBe(BlobStore.DigestOf(Encoding.UTF8.GetBytes(rawConfig)));
        image.RepoTags.ShouldBe([reference]);
        image.RepoDigests.ShouldBe([$"{registry.Address}/x/y@{BlobStore.DigestOf(Encoding.UTF8.GetBytes(rawManifest))}"]);
        image.Layers.Count.ShouldBe(2);
        new FileInfo(image.RootPath).Length.ShouldBe(image.SizeBytes);
        reports.ShouldContain(static report => report.Stage.StartsWith("pulling ", StringComparison.Ordinal) && report.Finished && report.Done == report.Total);
        Directory.GetFileSystemEntries(_paths.Staging).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_retry_asks_the_registry_only_for_the_blobs_that_are_missing()
    {
        RequireTools("docker-registry");
        await using TestRegistry registry = await TestRegistry.StartAsync();
        _images.Add("a", null, ("one", "1"u8.ToArray()), ("two", "2"u8.ToArray()));
        string reference = $"{registry.Address}/x:1";
        await PushAsync("a", reference);
        ImageRecord image = await _store.GetAsync(reference, PullPolicy.Missing, null, null, CancellationToken.None);
        Directory.Delete(_paths.Images, recursive: true);
        File.Delete(Path.Combine(_paths.Blobs, image.Layers[1]["sha256:".Length..]));
        int before = registry.Requests.Count;

        await _store.GetAsync(reference, PullPolicy.Always, null, null, CancellationToken.None);

        string[] asked = [.. registry.Requests.Skip(before).Where(static line => line.Contains("\"GET ", StringComparison.Ordinal) && line.Contains("/blobs/", StringComparison.Ordinal))];
        asked.ShouldContain(line => line.Contains(image.Layers[1], StringComparison.Ordinal));
        asked.ShouldNotContain(line => line.Contains(image.Layers[0], StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task From_an_index_the_image_for_this_cpu_is_chosen()
    {
        RequireTools("docker-registry");
        await using TestRegistry registry = await TestRegistry.StartAsync();
        string host = References.Host;
        IReadOnlyList<string> ids = _images.AddIndex("multi", "s390x", host);
        await PushAsync("multi", $"{registry.Address}/multi", "--all");
        await PushOnlyForeignAsync(registry.Address);

        ImageRecord image = await _store.GetAsync($"{registry.Address}/multi", PullPolicy.Missing, null, null, CancellationToken.None);
        HearthException error = await Should.ThrowAsync<HearthException>(() =>
            _store.GetAsync($"{registry.Address}/foreign", PullPolicy.Missing, null, null, CancellationToken.None));

        image.Id.ShouldBe(ids[1]);
        error.Message.ShouldBe($"Image '{registry.Address}/foreign:latest' does not exist for linux/{host}.");
        error.Hint.ShouldBe("It exists for linux/s390x, linux/ppc64le.");
    }

    [SkippableFact]
    public async Task A_tag_that_is_not_there_and_a_registry_that_is_down_are_told_apart()
    {
        RequireTools("docker-registry");
        TestRegistry registry = await TestRegistry.StartAsync();
        string reference = $"{registry.Address}/no/such:1";
        (await FailAsync(reference)).Code.ShouldBe("image.not-found");

        await registry.DisposeAsync();

        (await FailAsync(reference)).Code.ShouldBe("registry.unreachable");
    }

    [SkippableFact]
    public async Task A_protected_registry_refuses_strangers_and_serves_those_with_credentials()
    {
        RequireTools("docker-registry");
        await using TestRegistry registry = await TestRegistry.StartAsync(password: true);
        string id = _images.Add("a", null, ("one", "1"u8.ToArray()));
        string reference = $"{registry.Address}/x:1";
        await PushAsync("a", reference, "--dest-creds", $"{TestRegistry.User}:{TestRegistry.Password}");
        (await FailAsync(reference)).Code.ShouldBe("registry.denied");

        await WithCredentialsAsync(registry, async () => (await _store.GetAsync(reference, PullPolicy.Missing, null, null, CancellationToken.None)).Id.ShouldBe(id));
    }

    [SkippableFact]
    public async Task A_token_protected_registry_refuses_strangers_and_serves_those_its_token_server_knows()
    {
        RequireTools("docker-registry");
        await using var tokens = new TokenServer();
        await using TestRegistry registry = await TestRegistry.StartAsync(tokens: tokens);
        string id = _images.Add("a", null, ("one", "1"u8.ToArray()));
        string reference = $"{registry.Address}/team/x:1";
        await PushAsync("a", reference, "--dest-creds", $"{TestRegistry.User}:{TestRegistry.Password}");

        HearthException refused = await FailAsync(reference);
        await WithCredentialsAsync(registry, async () => (await _store.GetAsync(reference, PullPolicy.Missing, null, null, CancellationToken.None)).Id.ShouldBe(id));

        refused.Code.ShouldBe("registry.denied");
        refused.Hint.ShouldBe($"Run 'skopeo login {registry.Address}' (or 'podman login'), or name a file of credentials with REGISTRY_AUTH_FILE.");
        tokens.Requests.ShouldContain(static path => path.Contains("scope=repository%3Ateam%2Fx%3Apull&", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_certificate_nobody_trusts_is_refused_even_on_loopback_and_a_trusted_one_is_used()
    {
        RequireTools("docker-registry");
        await using TestRegistry registry = await TestRegistry.StartAsync(tls: true);
        string id = _images.Add("a", null, ("one", "1"u8.ToArray()));
        string reference = $"{registry.Address}/x:1";
        await PushAsync("a", reference);
        (await FailAsync(reference)).Code.ShouldBe("registry.tls");

        Environment.SetEnvironmentVariable("SSL_CERT_FILE", registry.CertificateFile);
        try
        {
            (await _store.GetAsync(reference, PullPolicy.Missing, null, null, CancellationToken.None)).Id.ShouldBe(id);
        }
        finally
        {
            Environment.SetEnvironmentVariable("SSL_CERT_FILE", null);
        }
    }

    [SkippableTheory]
    [InlineData(ArchiveFormat.DockerArchive, false)]
    [InlineData(ArchiveFormat.DockerArchive, true)]
    [InlineData(ArchiveFormat.OciArchive, false)]
    public async Task What_is_saved_is_loaded_elsewhere_with_its_names_and_ids(ArchiveFormat format, bool compressed)
    {
        RequireTools();
        string[] ids = [_images.Add("a", null, ("one", "1"u8.ToArray())), _images.Add("b", null, ("one", "1"u8.ToArray()), ("two", "2"u8.ToArray()))];
        foreach (string name in (string[])["a", "b"])
        {
            ImageRecord image = await _store.GetAsync($"oci:{_images.Layout}:{name}", PullPolicy.Missing, null, null, CancellationToken.None);
            await _store.TagAsync(image.Id, $"test/{name}:1", CancellationToken.None);
        }

        string archive = Path.Combine(_directory, "saved.tar");
        await _store.SaveAsync(["test/a:1", "test/b:1"], archive, format, CancellationToken.None);
        if (compressed)
        {
            await CompressAsync(archive);
        }

        var other = new ImageStore(new HearthPaths(Path.Combine(_directory, "other")), TimeProvider.System);
        IReadOnlyList<ImageRecord> loaded = await other.LoadAsync(archive, null, CancellationToken.None);

        loaded.SelectMany(static image => image.RepoTags).ShouldBe(["test/a:1", "test/b:1"]);
        loaded.ShouldAllBe(static image => image.Config.Labels["made"] == "here");
        loaded.Select(static image => image.DiffIds.Count).ShouldBe([1, 2]);
        loaded.Select(static image => image.Id).ShouldBe(ids, format == ArchiveFormat.DockerArchive ? "skopeo keeps the configuration of an archive as it was" : null);
    }

    [SkippableFact]
    public async Task Skopeo_reads_what_is_saved()
    {
        RequireTools();
        _images.Add("a", null, ("one", "1"u8.ToArray()));
        ImageRecord image = await _store.GetAsync($"oci:{_images.Layout}:a", PullPolicy.Missing, null, null, CancellationToken.None);
        await _store.TagAsync(image.Id, "test/a:1", CancellationToken.None);
        string docker = Path.Combine(_directory, "docker.tar");
        string oci = Path.Combine(_directory, "oci.tar");

        await _store.SaveAsync(["test/a:1"], docker, ArchiveFormat.DockerArchive, CancellationToken.None);
        await _store.SaveAsync(["test/a:1"], oci, ArchiveFormat.OciArchive, CancellationToken.None);

        (await SkopeoAsync("inspect", "--config", $"docker-archive:{docker}")).ShouldContain(image.DiffIds[0]);
        (await InspectUnpackedAsync($"oci-archive:{oci}")).ShouldContain(image.DiffIds[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a tar archive, and longer than six bytes")]
    public async Task What_is_no_archive_is_refused(string content)
    {
        string archive = Path.Combine(_directory, "bad.tar");
        await File.WriteAllTextAsync(archive, content);

        HearthException error = await Should.ThrowAsync<HearthException>(() => _store.LoadAsync(archive, null, CancellationToken.None));

        error.Code.ShouldBe("archive.invalid");
        error.Message.ShouldStartWith($"The archive '{archive}' cannot be loaded: ");
    }

    [SkippableFact]
    public async Task Names_in_an_archive_cannot_pass_for_the_catalogue_or_a_file()
    {
        RequireTools();
        _images.Add("a", null, ("one", "1"u8.ToArray()));
        string archive = Path.Combine(_directory, "named.tar");
        await SkopeoAsync("copy", $"oci:{_images.Layout}:a", $"docker-archive:{archive}:good:1");
        byte[] bytes = await File.ReadAllBytesAsync(archive);
        byte[] good = "docker.io/library/good:1"u8.ToArray();
        for (int at = bytes.AsSpan().IndexOf(good); at >= 0; at = bytes.AsSpan().IndexOf(good))
        {
            "@busybox.............abcd"u8[..good.Length].CopyTo(bytes.AsSpan(at));
        }

        await File.WriteAllBytesAsync(archive, bytes);

        (await _store.LoadAsync(archive, null, CancellationToken.None))[0].RepoTags.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Busybox_of_the_catalogue_has_the_same_id_every_time()
    {
        RequireTools();
        Skip.IfNot(File.Exists("/bin/busybox"), "busybox-static is not installed");

        ImageRecord first = await _store.GetAsync("@busybox", PullPolicy.Missing, null, null, CancellationToken.None);
        ImageRecord again = await _store.GetAsync("@busybox", PullPolicy.Always, null, null, CancellationToken.None);

        first.RepoTags.ShouldBe(["@busybox"]);
        first.Config.Cmd.ShouldBe(["sh"]);
        again.Id.ShouldBe(first.Id);
    }

    private static void RequireTools(params string[] more)
    {
        string[] missing = [.. ((string[])["skopeo", "mksquashfs", .. more]).Where(static tool => ToolProcess.Find(tool) is null)];
        Skip.If(missing.Length > 0, $"not installed: {string.Join(", ", missing)}");
    }

    private async Task<HearthException> FailAsync(string reference) =>
        await Should.ThrowAsync<HearthException>(() => _store.GetAsync(reference, PullPolicy.Missing, null, null, CancellationToken.None));

    private async Task WithCredentialsAsync(TestRegistry registry, Func<Task> work)
    {
        string auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestRegistry.User}:{TestRegistry.Password}"));
        string file = Path.Combine(_directory, "auth.json");
        await File.WriteAllTextAsync(file, "{\"auths\":{\"" + registry.Address + "\":{\"auth\":\"" + auth + "\"}}}");
        Environment.SetEnvironmentVariable("REGISTRY_AUTH_FILE", file);
        try
        {
            await work();
        }
        finally
        {
            Environment.SetEnvironmentVariable("REGISTRY_AUTH_FILE", null);
        }
    }

    private Task<string> PushAsync(string name, string reference, params string[] options) =>
        SkopeoAsync(["copy", "--dest-tls-verify=false", .. options, $"oci:{_images.Layout}:{name}", "docker://" + reference]);

    private async Task PushOnlyForeignAsync(string address)
    {
        var foreign = new TestImage(Path.Combine(_directory, "foreign"));
        foreign.AddIndex("foreign", "s390x", "ppc64le");
        await SkopeoAsync("copy", "--all", "--dest-tls-verify=false", $"oci:{foreign.Layout}:foreign", $"docker://{address}/foreign");
    }

    private static Task<string> SkopeoAsync(params string[] arguments) => ReadAsync("skopeo", arguments);

    /// <summary>skopeo unpacks an oci-archive with its files' owners, which are root: an ordinary user reads it as root of a user namespace, as podman does.</summary>
    private static async Task<string> InspectUnpackedAsync(string reference)
    {
        string[] inspect = ["inspect", "--config", reference];
        if (Environment.IsPrivilegedProcess)
        {
            return await SkopeoAsync(inspect);
        }

        try
        {
            await ReadAsync("unshare", "--map-root-user", "true");
        }
        catch (ToolFailedException e)
        {
            throw new SkipException($"User namespaces cannot be made here: {e.Message}");
        }

        return await ReadAsync("unshare", ["--map-root-user", "skopeo", .. inspect]);
    }

    private static async Task<string> ReadAsync(string program, params string[] arguments) =>
        Encoding.UTF8.GetString(await ToolProcess.ReadAsync(new ToolCommand(program, arguments) { Environment = CredentialPlace.Environment() }, 1 << 20, CancellationToken.None));

    private static async Task CompressAsync(string path)
    {
        byte[] plain = await File.ReadAllBytesAsync(path);
        await using var gzip = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionMode.Compress);
        await gzip.WriteAsync(plain);
    }

    private static class References
    {
        public static string Host => Images.References.ImagePlatform.Host.Architecture;
    }

    private sealed class Recorder(List<StageProgress> reports) : IProgress<StageProgress>
    {
        public void Report(StageProgress value)
        {
            lock (reports)
            {
                reports.Add(value);
            }
        }
    }
}
