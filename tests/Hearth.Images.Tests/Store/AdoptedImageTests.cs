using Hearth.Core.Errors;
using Hearth.Images.Catalogue;
using Hearth.Images.Store;

namespace Hearth.Images.Tests.Store;

/// <summary>Images that came with a snapshot: what is in their block image is a stranger's word.</summary>
public sealed class AdoptedImageTests : IDisposable
{
    private readonly StoreFixture _source = new();
    private readonly StoreFixture _fixture = new();

    [Fact]
    public async Task An_adopted_image_has_no_name_and_is_found_by_its_id()
    {
        ImageRecord image = await AdoptAsync("ab");

        ImageRecord here = _fixture.Store.Require(image.Id);

        here.Imported.ShouldBeTrue();
        here.RepoTags.ShouldBeEmpty();
        (await File.ReadAllTextAsync(here.RootPath)).ShouldBe("ab");
        _fixture.Store.Resolve("alpine:3").ShouldBeNull();
    }

    [Fact]
    public async Task A_pull_builds_it_from_layers_and_then_it_is_like_any_other()
    {
        ImageRecord image = await AdoptAsync("ab");
        _fixture.Transport.Add("alpine:3", ["a", "b"]);

        ImageRecord pulled = await _fixture.GetAsync("alpine:3");

        pulled.Id.ShouldBe(image.Id);
        pulled.Imported.ShouldBeFalse();
        _fixture.Builder.Builds.ShouldBe(1);
        (await _fixture.GetAsync("alpine:3", PullPolicy.Always)).Imported.ShouldBeFalse();
        _fixture.Builder.Builds.ShouldBe(1);
        _fixture.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pull_of_an_image_that_was_tampered_with_is_refused_and_changes_nothing()
    {
        ImageRecord image = await AdoptAsync("aX");
        _fixture.Transport.Add("alpine:3", ["a", "b"]);

        HearthException refused = await Should.ThrowAsync<HearthException>(() => _fixture.GetAsync("alpine:3"));

        refused.Code.ShouldBe("image.imported");
        refused.Message.ShouldBe($"Image {image.Id} came with an imported snapshot, and its block image is not what its layers make here.");
        (await File.ReadAllTextAsync(_fixture.Store.Require(image.Id).RootPath)).ShouldBe("aX");
        _fixture.Store.Resolve("alpine:3").ShouldBeNull();
    }

    [Fact]
    public async Task A_configuration_that_is_not_of_that_id_is_refused()
    {
        ImageRecord image = await AdoptAsync("ab");
        string other = "sha256:" + new string('0', 64);

        (await Should.ThrowAsync<HearthException>(() => _fixture.Store.AdoptAsync(other, Staged(image, "ab"), "joined", CancellationToken.None))).Code.ShouldBe("image.corrupt");
        _fixture.Store.Resolve(other).ShouldBeNull();
    }

    [Fact]
    public async Task An_image_that_a_snapshot_needs_is_neither_removed_nor_pruned()
    {
        ImageRecord image = await AdoptAsync("ab");
        ImageStore store = new(_fixture.Paths, TimeProvider.System, _fixture.Transport, _fixture.Builder, ImageCatalogue.Default)
        {
            SnapshotsByImage = () => new[] { image.Id }.ToLookup(static id => id, static _ => "clean"),
        };

        (await store.PruneAsync(all: true, CancellationToken.None)).Removed.ShouldBeEmpty();
        HearthException refused = await Should.ThrowAsync<HearthException>(() => store.RemoveAsync(image.Id, force: false, CancellationToken.None));

        refused.Message.ShouldBe($"Image {image.Id[..19]} cannot be deleted: snapshot 'clean' is made from it.");
        refused.Hint.ShouldBe("Remove first what is made from it ('hearth snapshot rm clean'), or take only the names away with --force.");
    }

    public void Dispose()
    {
        _source.Dispose();
        _fixture.Dispose();
    }

    private async Task<ImageRecord> AdoptAsync(string root)
    {
        _source.Transport.Add("alpine:3", ["a", "b"]);
        ImageRecord image = await _source.GetAsync("alpine:3");
        await _fixture.Store.AdoptAsync(image.Id, Staged(image, root), "joined", CancellationToken.None);
        return image;
    }

    private string Staged(ImageRecord image, string root)
    {
        string directory = Directory.CreateDirectory(Path.Combine(_fixture.Paths.Home, $"staged-{Guid.NewGuid():N}")).FullName;
        foreach (string file in (string[])["config.json", "manifest.json"])
        {
            File.Copy(Path.Combine(Path.GetDirectoryName(image.RootPath)!, file), Path.Combine(directory, file));
        }

        File.WriteAllText(Path.Combine(directory, "root"), root);
        return directory;
    }
}
