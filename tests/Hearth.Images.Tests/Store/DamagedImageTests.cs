using Hearth.Core.Errors;
using Hearth.Images.Store;

namespace Hearth.Images.Tests.Store;

/// <summary>An image whose files were damaged after it was built.</summary>
public sealed class DamagedImageTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("config.json", "does not match its digest")]
    [InlineData("manifest.json", "'manifest.json'")]
    [InlineData("image.json", "'image.json' is not valid")]
    [InlineData("root.joined", "has 12 bytes instead of 2")]
    public async Task Changed_bytes_are_told_and_the_next_pull_heals_them_from_what_is_here(string file, string reason)
    {
        await DamageAndHealAsync(path => File.WriteAllText(path, "other bytes "), file, reason);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("manifest.json")]
    [InlineData("image.json")]
    [InlineData("root.joined")]
    public async Task A_missing_file_is_told_and_the_next_pull_heals_it_from_what_is_here(string file)
    {
        await DamageAndHealAsync(File.Delete, file, "is missing");
    }

    private async Task DamageAndHealAsync(Action<string> damage, string file, string reason)
    {
        _fixture.Transport.Add("x", ["a", "b"]);
        ImageRecord image = await _fixture.GetAsync("x");
        damage(Path.Combine(Path.GetDirectoryName(image.RootPath)!, file));

        HearthException error = await Should.ThrowAsync<HearthException>(() => _fixture.GetAsync("x"));
        ImageRecord healed = await _fixture.GetAsync("x", PullPolicy.Always);

        error.Code.ShouldBe("image.corrupt");
        error.Message.ShouldStartWith($"Image {image.Id} is damaged: ");
        error.Message.ShouldContain(reason);
        error.Hint!.ShouldContain("hearth pull");
        healed.ShouldBeEquivalentTo(image);
        (await File.ReadAllTextAsync(healed.RootPath)).ShouldBe("ab");
        _fixture.Transport.Fetched.Count.ShouldBe(2, "every blob was here");
        _fixture.Staged.ShouldBeEmpty();
    }
}
