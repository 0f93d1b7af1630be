using Hearth.Core.Errors;
using Hearth.Images.Store;

namespace Hearth.Images.Tests.Store;

public sealed class InterruptedPullTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Two_gets_at_once_do_the_work_once()
    {
        _fixture.Transport.Add("x", ["a"]);
        (Task<ImageRecord> first, Action goOn) = await PauseInBuildAsync("x");
        Task<ImageRecord> second = _fixture.Open().GetAsync("x", PullPolicy.Missing, null, null, CancellationToken.None);
        goOn();

        ImageRecord[] images = await Task.WhenAll(first, second).WaitAsync(StoreFixture.Budget);

        images[1].ShouldBeEquivalentTo(images[0]);
        _fixture.Builder.Builds.ShouldBe(1);
        _fixture.Transport.Questions.ShouldBe(1);
    }

    [Fact]
    public async Task Two_names_of_one_image_at_once_build_it_once()
    {
        _fixture.Transport.Add("x", ["a"]);
        (Task<ImageRecord> first, Action goOn) = await PauseInBuildAsync("x");
        string digest = BlobStore.DigestOf(await _fixture.Transport.ReadManifestAsync(Images.References.ImageReference.Parse("x"), CancellationToken.None));
        Task<ImageRecord> second = _fixture.Open().GetAsync($"x:latest@{digest}", PullPolicy.Missing, null, null, CancellationToken.None);
        goOn();

        await Task.WhenAll(first, second).WaitAsync(StoreFixture.Budget);

        _fixture.Builder.Builds.ShouldBe(1);
    }

    [Fact]
    public async Task A_waiting_get_can_be_cancelled_while_another_works()
    {
        _fixture.Transport.Add("x", ["a"]);
        (Task<ImageRecord> first, Action goOn) = await PauseInBuildAsync("x");
        using var cancel = new CancellationTokenSource();
        Task<ImageRecord> second = _fixture.Open().GetAsync("x", PullPolicy.Missing, null, null, cancel.Token);
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => second.WaitAsync(StoreFixture.Budget));
        goOn();
        (await first.WaitAsync(StoreFixture.Budget)).RepoTags.ShouldBe(["x:latest"]);
    }

    [Fact]
    public async Task A_pull_cut_short_leaves_nothing_listed_and_a_retry_fetches_only_the_rest()
    {
        _fixture.Transport.Add("x", ["first", "second"]);
        using var cancel = new CancellationTokenSource();
        _fixture.Transport.BeforeLayer = (number, token) =>
        {
            if (number == 1)
            {
                cancel.Cancel();
                token.ThrowIfCancellationRequested();
            }

            return Task.CompletedTask;
        };
        await Should.ThrowAsync<OperationCanceledException>(() => _fixture.Store.GetAsync("x", PullPolicy.Missing, null, null, cancel.Token));
        _fixture.Store.List().ShouldBeEmpty();
        _fixture.Store.Resolve("x").ShouldBeNull();
        _fixture.Staged.ShouldBeEmpty();
        _fixture.Transport.Fetched.Count.ShouldBe(1);

        _fixture.Transport.BeforeLayer = static (_, _) => Task.CompletedTask;
        ImageRecord image = await _fixture.GetAsync("x");

        (await File.ReadAllTextAsync(image.RootPath)).ShouldBe("firstsecond");
        _fixture.Transport.Fetched.ShouldBe(image.Layers);
    }

    [Fact]
    public async Task A_build_that_fails_leaves_nothing_and_a_retry_fetches_nothing_again()
    {
        _fixture.Transport.Add("x", ["a"]);
        _fixture.Builder.BeforeBuild = static _ => throw new HearthException("rootfs.maker-failed", "no");
        await Should.ThrowAsync<HearthException>(() => _fixture.GetAsync("x"));
        _fixture.Store.List().ShouldBeEmpty();
        _fixture.Staged.ShouldBeEmpty();

        _fixture.Builder.BeforeBuild = static _ => Task.CompletedTask;
        await _fixture.GetAsync("x");

        _fixture.Transport.Fetched.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_damaged_blob_is_fetched_again_by_the_next_pull()
    {
        _fixture.Transport.Add("x", ["a", "b"]);
        ImageRecord image = await _fixture.GetAsync("x");
        string blob = Path.Combine(_fixture.Paths.Blobs, image.Layers[0]["sha256:".Length..]);
        Directory.Delete(Path.GetDirectoryName(image.RootPath)!, recursive: true);
        await File.WriteAllTextAsync(blob, "damaged");

        ImageRecord again = await _fixture.GetAsync("x", PullPolicy.Always);

        (await File.ReadAllTextAsync(again.RootPath)).ShouldBe("ab");
        _fixture.Transport.Fetched.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Saving_a_damaged_blob_names_it_and_the_cure_and_deletes_it()
    {
        _fixture.Transport.Add("x", ["a"]);
        ImageRecord image = await _fixture.GetAsync("x");
        string blob = Path.Combine(_fixture.Paths.Blobs, image.Layers[0]["sha256:".Length..]);
        await File.WriteAllTextAsync(blob, "damaged");

        HearthException error = await Should.ThrowAsync<HearthException>(() =>
            _fixture.Store.SaveAsync(["x"], Stream.Null, Images.Archives.ArchiveFormat.OciArchive, CancellationToken.None));

        error.Code.ShouldBe("image.blob-corrupt");
        error.Message.ShouldBe($"Blob {image.Layers[0]} of image 'x:latest' does not match its digest and was deleted.");
        error.Hint.ShouldBe("Run 'hearth pull x:latest' to fetch it again.");
        File.Exists(blob).ShouldBeFalse();
    }

    /// <summary>Starts to get an image, and returns when its build has begun; the action lets it go on.</summary>
    private async Task<(Task<ImageRecord> Image, Action GoOn)> PauseInBuildAsync(string name)
    {
        var building = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _fixture.Builder.BeforeBuild = _ =>
        {
            building.SetResult();
            return goOn.Task;
        };
        Task<ImageRecord> image = _fixture.GetAsync(name);
        await building.Task.WaitAsync(StoreFixture.Budget);
        return (image, goOn.SetResult);
    }
}
