using Hearth.Linux.Files;

namespace Hearth.Images.Tests.Store;

public sealed class StagingDirectoryTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task What_a_dead_process_left_goes_with_the_next_work_and_the_living_keeps_its_own()
    {
        using StagingDirectory living = await CreateAsync();
        Leave("image-1", owned: true);
        Leave("image-dead-before-it-had-a-lock", owned: false);
        string other = Leave("kernel-1", owned: true);

        (await CreateAsync()).Dispose();

        _fixture.Staged.ShouldBe([living.Path, other], ignoreOrder: true);
    }

    [Fact]
    public async Task A_link_in_it_is_removed_and_what_it_leads_to_stays()
    {
        string outside = Directory.CreateDirectory(Path.Combine(_fixture.Paths.Home, "outside")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "file"), "kept");
        using (StagingDirectory staging = await CreateAsync())
        {
            Directory.CreateSymbolicLink(staging.File("link"), outside);
        }

        _fixture.Staged.ShouldBeEmpty();
        File.Exists(Path.Combine(outside, "file")).ShouldBeTrue();
    }

    [Fact]
    public async Task Half_a_download_is_resumed_by_name_and_outlives_other_work_until_it_is_swept()
    {
        using (StagingDirectory download = await ResumeAsync())
        {
            await File.WriteAllTextAsync(download.File("half"), "of it");
        }

        (await CreateAsync()).Dispose();
        using (StagingDirectory again = await ResumeAsync())
        {
            (await File.ReadAllTextAsync(again.File("half"))).ShouldBe("of it");
            await StagingDirectory.SweepAsync(_fixture.Paths, CancellationToken.None);
            File.Exists(again.File("half")).ShouldBeTrue("its owner lives");
        }

        await StagingDirectory.SweepAsync(_fixture.Paths, CancellationToken.None);
        _fixture.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_finished_download_is_removed_by_its_owner()
    {
        using StagingDirectory download = await ResumeAsync();

        download.Remove();

        _fixture.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_that_come_and_go_at_once_do_not_take_each_others()
    {
        await Parallel.ForAsync(0, 200, async (number, _) =>
        {
            using StagingDirectory own = await CreateAsync();
            string file = own.File("nested");
            Directory.CreateDirectory(file);
            await File.WriteAllTextAsync(Path.Combine(file, "number"), $"{number}", CancellationToken.None);
            (await File.ReadAllTextAsync(Path.Combine(file, "number"), CancellationToken.None)).ShouldBe($"{number}");
        });

        _fixture.Staged.ShouldBeEmpty();
    }

    private Task<StagingDirectory> CreateAsync() => StagingDirectory.CreateAsync(_fixture.Paths, "image", CancellationToken.None);

    private Task<StagingDirectory> ResumeAsync() => StagingDirectory.ResumeAsync(_fixture.Paths, "download", CancellationToken.None);

    private string Leave(string name, bool owned)
    {
        string path = Directory.CreateDirectory(Path.Combine(_fixture.Paths.Staging, name, "deep")).FullName;
        File.WriteAllText(Path.Combine(path, "file"), "");
        if (owned)
        {
            File.WriteAllText(Path.Combine(_fixture.Paths.Staging, name, ".owner"), "");
        }

        return Path.Combine(_fixture.Paths.Staging, name);
    }
}
