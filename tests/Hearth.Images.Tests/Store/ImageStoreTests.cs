using Hearth.Core.Errors;
using Hearth.Images.Store;

namespace Hearth.Images.Tests.Store;

public sealed class ImageStoreTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_missing_image_is_fetched_once_and_then_found_here()
    {
        string id = _fixture.Transport.Add("alpine:3", ["a", "b"]);

        ImageRecord first = await _fixture.GetAsync("alpine:3");
        ImageRecord second = await _fixture.GetAsync("docker.io/library/alpine:3");

        first.Id.ShouldBe(id);
        first.RepoTags.ShouldBe(["alpine:3"]);
        first.RepoDigests.ShouldBe([$"alpine@{first.ManifestDigest}"]);
        first.RootFileSystem.ShouldBe("joined");
        (await File.ReadAllTextAsync(first.RootPath)).ShouldBe("ab");
        second.ShouldBeEquivalentTo(first);
        _fixture.Transport.Questions.ShouldBe(1);
        _fixture.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_names_are_a_file_with_these_bytes()
    {
        string id = _fixture.Transport.Add("alpine:3", ["a"]);
        ImageRecord image = await _fixture.GetAsync("alpine:3");
        await _fixture.Store.TagAsync("alpine:3", "reg:5000/x", CancellationToken.None);

        (await File.ReadAllTextAsync(_fixture.Paths.ImageNames)).ShouldBe($$"""
            {
              "version": 1,
              "tags": {
                "docker.io/library/alpine:3": "{{id}}",
                "reg:5000/x:latest": "{{id}}"
              },
              "digests": {
                "docker.io/library/alpine@{{image.ManifestDigest}}": "{{id}}"
              }
            }
            """);
    }

    [Fact]
    public async Task Never_pulling_names_the_cure()
    {
        HearthException error = await Should.ThrowAsync<HearthException>(() => _fixture.GetAsync("x", PullPolicy.Never));

        error.Code.ShouldBe("image.not-found");
        error.Message.ShouldBe("Image 'x' is not on this machine, and --pull never was given.");
        error.Hint.ShouldBe("Run 'hearth pull x' first, or leave --pull out.");
    }

    [Fact]
    public async Task Always_pulling_an_unchanged_image_asks_and_fetches_nothing()
    {
        _fixture.Transport.Add("x", ["a"]);
        await _fixture.GetAsync("x");

        await _fixture.GetAsync("x", PullPolicy.Always);

        _fixture.Transport.Questions.ShouldBe(2);
        _fixture.Transport.Fetched.Count.ShouldBe(1);
        _fixture.Builder.Builds.ShouldBe(1);
    }

    [Fact]
    public async Task A_tag_that_moved_leaves_the_old_image_without_a_name_for_prune()
    {
        _fixture.Transport.Add("x", ["a"]);
        ImageRecord old = await _fixture.GetAsync("x");
        _fixture.Transport.Add("x", ["b"]);

        ImageRecord moved = await _fixture.GetAsync("x", PullPolicy.Always);
        PruneResult pruned = await _fixture.Store.PruneAsync(all: false, CancellationToken.None);

        moved.Id.ShouldNotBe(old.Id);
        pruned.Removed.ShouldContain(new RemovedImage(old.Id, Deleted: true));
        pruned.FreedBytes.ShouldBeGreaterThan(0);
        _fixture.Store.List().Select(static image => image.Id).ShouldBe([moved.Id]);
    }

    [Fact]
    public async Task An_image_is_found_by_the_beginning_of_its_id()
    {
        string id = _fixture.Transport.Add("x", ["a"]);
        await _fixture.GetAsync("x");

        _fixture.Store.Resolve(id["sha256:".Length..][..12])!.Id.ShouldBe(id);
        _fixture.Store.Resolve(id)!.Id.ShouldBe(id);
        _fixture.Store.Resolve("nope").ShouldBeNull();
    }

    [Fact]
    public async Task An_image_for_another_cpu_is_refused_and_not_installed()
    {
        _fixture.Transport.Add("x", ["a"], architecture: "s390x");

        HearthException error = await Should.ThrowAsync<HearthException>(() => _fixture.GetAsync("x"));

        error.Code.ShouldBe("image.platform");
        _fixture.Store.List().ShouldBeEmpty();
        _fixture.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Removing_one_of_two_names_keeps_the_image_and_the_last_deletes_it_with_its_blobs()
    {
        string id = _fixture.Transport.Add("x", ["a"]);
        await _fixture.GetAsync("x");
        await _fixture.Store.TagAsync("x", "y", CancellationToken.None);

        (await _fixture.Store.RemoveAsync("x", force: false, CancellationToken.None)).ShouldBe([new RemovedImage("x:latest", Deleted: false)]);
        (await _fixture.Store.RemoveAsync("y", force: false, CancellationToken.None)).ShouldContain(new RemovedImage(id, Deleted: true));

        _fixture.Store.List().ShouldBeEmpty();
        _fixture.Blobs.ShouldBeEmpty();
        (await Should.ThrowAsync<HearthException>(() => _fixture.Store.RemoveAsync("x", false, CancellationToken.None))).Code.ShouldBe("image.not-found");
    }

    [Fact]
    public async Task Layers_shared_with_another_image_stay()
    {
        _fixture.Transport.Add("x", ["base", "x"]);
        _fixture.Transport.Add("y", ["base", "y"]);
        await _fixture.GetAsync("x");
        ImageRecord kept = await _fixture.GetAsync("y");

        await _fixture.Store.RemoveAsync("x", force: false, CancellationToken.None);

        kept.Layers.ShouldAllBe(digest => File.Exists(Path.Combine(_fixture.Paths.Blobs, digest.Substring(7))));
        _fixture.Transport.Fetched.Count.ShouldBe(3);
        _fixture.Blobs.Length.ShouldBe(4);
    }

    [Fact]
    public async Task An_image_that_a_vm_is_made_from_is_not_deleted()
    {
        string id = _fixture.Transport.Add("x", ["a"]);
        await _fixture.GetAsync("x");
        _fixture.InUse.Add(id);

        HearthException error = await Should.ThrowAsync<HearthException>(() => _fixture.Store.RemoveAsync("x", false, CancellationToken.None));
        error.Code.ShouldBe("image.in-use");
        error.Message.ShouldBe($"Image {id[..19]} cannot be deleted: VM 'web' is made from it.");
        error.Hint.ShouldBe("Remove first what is made from it ('hearth rm web'), or take only the names away with --force.");
        await _fixture.Store.RemoveAsync("x", force: true, CancellationToken.None);
        await _fixture.Store.PruneAsync(all: true, CancellationToken.None);

        _fixture.Store.Resolve(id)!.RepoTags.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_id_with_two_names_needs_force()
    {
        string id = _fixture.Transport.Add("x", ["a"]);
        await _fixture.GetAsync("x");
        await _fixture.Store.TagAsync("x", "y", CancellationToken.None);

        HearthException error = await Should.ThrowAsync<HearthException>(() => _fixture.Store.RemoveAsync(id, false, CancellationToken.None));
        await _fixture.Store.RemoveAsync(id, force: true, CancellationToken.None);

        error.Message.ShouldBe($"Image {id[..19]} has 2 names: x:latest, y:latest.");
        _fixture.Store.List().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_block_image_of_the_wrong_size_is_reported()
    {
        _fixture.Transport.Add("x", ["a"]);
        ImageRecord image = await _fixture.GetAsync("x");
        await File.WriteAllTextAsync(image.RootPath, "longer");

        HearthException error = Should.Throw<HearthException>(() => _fixture.Store.Resolve("x"));

        error.Code.ShouldBe("image.corrupt");
        error.Message.ShouldContain("has 6 bytes instead of 1");
    }

    [Fact]
    public async Task A_damaged_image_does_not_hide_the_others_and_a_pull_builds_it_again_from_its_blobs()
    {
        _fixture.Transport.Add("x", ["a"]);
        _fixture.Transport.Add("y", ["b"]);
        ImageRecord damaged = await _fixture.GetAsync("x");
        await _fixture.GetAsync("y");
        File.Delete(damaged.RootPath);
        var errors = new List<HearthException>();

        _fixture.Store.List(errors.Add).Select(static image => image.RepoTags[0]).ShouldBe(["y:latest"]);
        await _fixture.GetAsync("x", PullPolicy.Always);

        errors.Select(static error => error.Code).ShouldBe(["image.corrupt"]);
        _fixture.Store.List().Count.ShouldBe(2);
        _fixture.Transport.Fetched.Count.ShouldBe(2);
        _fixture.Staged.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{\"version\":2,\"tags\":{},\"digests\":{}}", "store.newer")]
    [InlineData("{", "store.corrupt")]
    [InlineData("null", "store.corrupt")]
    [InlineData("{\"tags\":null}", "store.corrupt")]
    [InlineData("{\"tags\":{\"a\":3}}", "store.corrupt")]
    public void Names_that_cannot_be_read_are_an_error_with_its_reason(string json, string code)
    {
        File.WriteAllText(_fixture.Paths.ImageNames, json);

        Should.Throw<HearthException>(() => _fixture.Store.Resolve("x")).Code.ShouldBe(code);
    }
}
