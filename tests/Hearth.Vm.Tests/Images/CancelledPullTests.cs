using System.Security.Cryptography;
using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

/// <summary>A pull that ends while a registry has sent half of a layer.</summary>
[Collection(AloneCollection.Name)]
public sealed class CancelledPullTests
{
    private static string Blobs => Path.Combine(TestRun.Current.Home, "blobs", "sha256");

    [SkippableTheory]
    [InlineData("INT", 130)]
    [InlineData("KILL", 137)]
    public async Task Nothing_half_made_is_seen_no_helper_is_left_and_the_next_pull_fetches_only_the_rest(string signal, int exitCode)
    {
        TestRun.NeedProgram("skopeo");
        await using var registry = new StallingRegistry();
        Task halfway = registry.StallAsync();
        using HearthCommand pull = HearthCommand.Start("pull", registry.Reference);
        Task<Outcome> ended = pull.EndAsync();
        (await Task.WhenAny(halfway, ended)).ShouldBe(halfway, ended.IsCompleted ? $"{await ended}" : null);

        (await HearthCommand.RunProgramAsync("/bin/sh", "-c", $"kill -{signal} {pull.ProcessId}")).Succeeded();

        (await ended).Ended(exitCode).Output.ShouldBeEmpty();
        await HostTraces.NoProcessAsync(registry.Address);
        (await HearthCommand.RunAsync("images", "-q", registry.Reference)).Succeeded().Output.ShouldBeEmpty();
        (await HearthCommand.RunAsync("image", "inspect", registry.Reference)).ExitCode.ShouldNotBe(0);
        RequireWholeBlobs();

        registry.Recover();
        bool smallIsHere = File.Exists(Path.Combine(Blobs, registry.SmallLayer["sha256:".Length..]));
        int asked = registry.Asked(registry.SmallLayer);
        (await HearthCommand.RunAsync("pull", registry.Reference)).Succeeded();

        registry.Asked(registry.SmallLayer).ShouldBe(smallIsHere ? asked : asked + 1);
        (await HearthCommand.RunAsync("image", "inspect", "--format", "{{len .RootFS.Layers}}", registry.Reference)).Succeeded().Line.ShouldBe("2");
        Directory.EnumerateDirectories(Path.Combine(TestRun.Current.Home, "staging"), "image-*").ShouldBeEmpty();
        (await HearthCommand.RunAsync("rmi", registry.Reference)).Succeeded();
    }

    private static void RequireWholeBlobs()
    {
        foreach (string path in Directory.Exists(Blobs) ? Directory.GetFiles(Blobs) : [])
        {
            using FileStream blob = File.OpenRead(path);
            Convert.ToHexStringLower(SHA256.HashData(blob)).ShouldBe(Path.GetFileName(path));
        }
    }
}
