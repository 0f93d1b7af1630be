using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Images.Store;
using Hearth.Linux.Processes;

namespace Hearth.Images.Tests.Transport;

/// <summary>Images from podman's store and from a Docker daemon.</summary>
[Trait("Kind", "kernel")]
public sealed class OtherTransportTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-transport-tests-").FullName;
    private readonly TestImage _images;
    private readonly ImageStore _store;

    public OtherTransportTests()
    {
        _images = new TestImage(Path.Combine(_directory, "layout"));
        _store = new ImageStore(new HearthPaths(Path.Combine(_directory, "home")), TimeProvider.System);
    }

    /// <summary>A store of podman's own kind; vfs needs no kernel feature.</summary>
    private string Storage => $"[vfs@{_directory}/storage+{_directory}/run]";

    public void Dispose() => PodmanStore.Remove(_directory);

    [SkippableFact]
    public async Task An_image_in_podmans_store_is_taken_with_its_name_and_content()
    {
        RequireSkopeo();
        string id = _images.Add("a", null, ("one", "1"u8.ToArray()), ("two", "2"u8.ToArray()));
        await SkopeoAsync("copy", $"oci:{_images.Layout}:a", $"containers-storage:{Storage}localhost/made/here:1");

        ImageRecord image = await GetAsync($"containers-storage:{Storage}localhost/made/here:1");

        image.Id.ShouldBe(id);
        image.DiffIds.Count.ShouldBe(2);
        image.Config.Labels["made"].ShouldBe("here");
        image.RepoTags.ShouldBe(["localhost/made/here:1"]);
    }

    [SkippableFact]
    public async Task An_image_that_podmans_store_lacks_is_named()
    {
        RequireSkopeo();

        HearthException error = await Should.ThrowAsync<HearthException>(() => GetAsync($"containers-storage:{Storage}localhost/absent:1"));

        error.Code.ShouldBe("image.not-found");
        error.Message.ShouldStartWith($"Image 'containers-storage:{Storage}localhost/absent:1' was not found: ");
    }

    [SkippableFact]
    public async Task Without_a_docker_daemon_the_error_says_so()
    {
        RequireSkopeo();

        HearthException error = await WithDaemonAsync("unix:///nowhere/docker.sock", () => Should.ThrowAsync<HearthException>(() => GetAsync("docker-daemon:alpine:3")));

        error.Code.ShouldBe("registry.unreachable");
        error.Message.ShouldStartWith("Cannot fetch 'docker-daemon:alpine:3': the Docker daemon does not answer: ");
        error.Hint.ShouldBe("Start it, check DOCKER_HOST, or save the image to a file ('docker save') and use 'hearth load'.");
    }

    [SkippableFact]
    public async Task A_docker_daemon_gives_an_image_with_its_name()
    {
        RequireSkopeo();
        string id = _images.Add("a", null, ("one", "1"u8.ToArray()));
        string archive = Path.Combine(_directory, "docker.tar");
        await SkopeoAsync("copy", $"oci:{_images.Layout}:a", $"docker-archive:{archive}:made/here:1");

        // GET /v1.22/images/get?names=…: `docker save` of one image is all that the transport asks of a daemon.
        await using var daemon = new LoopbackHttp(request => request.Path.Contains("/images/", StringComparison.Ordinal)
            ? request.BytesAsync(200, "application/x-tar", File.ReadAllBytes(archive))
            : request.RefuseAsync(404));

        ImageRecord image = await WithDaemonAsync($"tcp://{daemon.Address}", () => GetAsync("docker-daemon:made/here:1"));

        image.Id.ShouldBe(id);
        image.RepoTags.ShouldBe(["made/here:1"]);
    }

    private Task<ImageRecord> GetAsync(string reference) => _store.GetAsync(reference, PullPolicy.Missing, null, null, CancellationToken.None);

    private static async Task<T> WithDaemonAsync<T>(string address, Func<Task<T>> work)
    {
        Environment.SetEnvironmentVariable("DOCKER_HOST", address);
        try
        {
            return await work();
        }
        finally
        {
            Environment.SetEnvironmentVariable("DOCKER_HOST", null);
        }
    }

    private static void RequireSkopeo() => Skip.If(ToolProcess.Find("skopeo") is null, "skopeo is not installed");

    private static async Task<string> SkopeoAsync(params string[] arguments) =>
        Encoding.UTF8.GetString(await ToolProcess.ReadAsync(new ToolCommand("skopeo", arguments), 1 << 20, CancellationToken.None));
}
