using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

/// <summary>Files of the store that change behind its back, and images that are in use, as a person sees them.</summary>
public sealed class DamagedImageTests
{
    [SkippableTheory]
    [InlineData("config.json", "does not match its digest.")]
    [InlineData("root.squashfs", "instead of")]
    public async Task A_damaged_image_is_one_error_with_its_cure_and_a_pull_heals_it(string file, string reason)
    {
        TestRun.NeedProgram("skopeo");
        await using var registry = new StallingRegistry();
        (await HearthCommand.RunAsync("pull", registry.Reference)).Succeeded();
        string id = await IdAsync(registry);
        string path = Path.Combine(TestRun.Current.Home, "images", id["sha256:".Length..], file);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, file == "config.json" ? bytes : bytes[..^1]);

        foreach (string[] command in (string[][])[["run", "--rm", registry.Reference], ["image", "inspect", registry.Reference]])
        {
            Outcome outcome = await HearthCommand.RunAsync(command);
            outcome.ExitCode.ShouldNotBe(0);
            outcome.Error.ShouldStartWith($"hearth: Image {id} is damaged: '{path}' ");
            outcome.Error.ShouldContain(reason);
            outcome.Error.ShouldEndWith("  Run 'hearth pull' with its name (or 'hearth load' again): that builds it anew from what is here, and fetches the rest.\n");
        }

        (await HearthCommand.RunAsync("pull", registry.Reference)).Succeeded();
        (await IdAsync(registry)).ShouldBe(id);
        (await HearthCommand.RunAsync("rmi", registry.Reference)).Succeeded();
    }

    [SkippableFact]
    public async Task A_damaged_layer_is_fetched_again_by_the_pull_that_needs_it()
    {
        TestRun.NeedProgram("skopeo");
        await using var registry = new StallingRegistry();
        (await HearthCommand.RunAsync("pull", registry.Reference)).Succeeded();
        string layer = Path.Combine(TestRun.Current.Home, "blobs", "sha256", registry.SmallLayer["sha256:".Length..]);
        byte[] bytes = await File.ReadAllBytesAsync(layer);
        byte[] damaged = [.. bytes];
        damaged[^1] ^= 1;
        await File.WriteAllBytesAsync(layer, damaged);

        Outcome save = await HearthCommand.RunAsync("save", "--format", "oci-archive", "-o", layer + ".tar", registry.Reference);
        (await HearthCommand.RunAsync("rmi", registry.Reference)).Succeeded();
        (await HearthCommand.RunAsync("pull", registry.Reference)).Succeeded();

        save.ExitCode.ShouldNotBe(0);
        save.Error.ShouldStartWith($"hearth: Blob {registry.SmallLayer} of image '{registry.Reference}' does not match its digest and was deleted.");
        (await File.ReadAllBytesAsync(layer)).ShouldBe(bytes);
        (await HearthCommand.RunAsync("rmi", registry.Reference)).Succeeded();
    }

    [SkippableFact]
    public async Task An_image_that_a_vm_is_made_from_is_not_removed_and_the_vm_is_named()
    {
        TestRun.NeedProgram("skopeo");
        await using var registry = new StallingRegistry();
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("create", "--name", name, registry.Reference)).Succeeded();
        string id = await IdAsync(registry);

        Outcome refused = await HearthCommand.RunAsync("rmi", registry.Reference);

        refused.Ended(1).Error.ShouldBe(
            $"hearth: Image {id[..19]} cannot be deleted: VM '{name}' is made from it.\n" +
            $"  Remove first what is made from it ('hearth rm {name}'), or take only the names away with --force.\n");
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
        (await HearthCommand.RunAsync("rmi", registry.Reference)).Succeeded().Output.ShouldContain($"Deleted: {id}");
    }

    private static async Task<string> IdAsync(StallingRegistry registry) =>
        (await HearthCommand.RunAsync("image", "inspect", "--format", "{{.Id}}", registry.Reference)).Succeeded().Line;
}
