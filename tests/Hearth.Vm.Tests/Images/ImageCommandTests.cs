using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

public sealed class ImageCommandTests
{
    [SkippableFact]
    public async Task An_image_is_pulled_listed_inspected_tagged_saved_removed_and_loaded()
    {
        string reference = (await ProbeImage.CurrentAsync()).Reference;
        using var directory = new TemporaryDirectory();
        string archive = directory["probe.tar"];

        Outcome pull = (await HearthCommand.RunAsync("pull", reference)).Succeeded();
        string id = (await HearthCommand.RunAsync("image", "inspect", "--format", "{{.Id}}", reference)).Succeeded().Line;
        pull.Lines[^1].ShouldContain(reference[..reference.LastIndexOf(':')]);
        id.ShouldStartWith("sha256:");
        (await HearthCommand.RunAsync("image", "inspect", "--format", "{{.Config.User}} {{.Config.WorkingDir}} {{index .Config.Labels \"made\"}}", reference)).Succeeded().Line.ShouldBe("worker:crew /home/worker here");
        (await HearthCommand.RunAsync("images", "-q", "--no-trunc", reference)).Succeeded().Lines.ShouldBe([id]);

        (await HearthCommand.RunAsync("tag", reference, "pantry:two")).Succeeded();
        (await HearthCommand.RunAsync("images", "--format", "{{.Repository}}:{{.Tag}}")).Succeeded().Output.ShouldContain("pantry:two");
        (await HearthCommand.RunAsync("save", "-o", archive, "pantry:two")).Succeeded();
        (await HearthCommand.RunAsync("rmi", "pantry:two")).Succeeded();
        (await HearthCommand.RunAsync("image", "inspect", "pantry:two")).ExitCode.ShouldNotBe(0);
        (await HearthCommand.RunAsync("load", "-i", archive)).Succeeded().Output.ShouldContain("pantry:two");

        (await HearthCommand.RunAsync("image", "inspect", "--format", "{{.Id}}", "pantry:two")).Succeeded().Line.ShouldBe(id);
        (await HearthCommand.RunAsync("rmi", "pantry:two")).Succeeded();
    }

    [SkippableFact]
    public async Task Two_pulls_at_once_both_succeed()
    {
        string reference = (await ProbeImage.CurrentAsync()).Reference;

        Outcome[] outcomes = await Task.WhenAll(HearthCommand.RunAsync("pull", reference), HearthCommand.RunAsync("pull", reference));

        outcomes.ShouldAllBe(static outcome => outcome.ExitCode == 0);
    }

    [SkippableFact]
    public async Task An_image_that_the_registry_lacks_is_named()
    {
        string reference = (await ProbeImage.CurrentAsync()).Reference.Replace("probe:1", "absent:9", StringComparison.Ordinal);

        Outcome outcome = await HearthCommand.RunAsync("pull", reference);

        outcome.ExitCode.ShouldNotBe(0);
        outcome.Error.ShouldContain("absent:9");
    }

    [SkippableFact]
    public async Task Never_pulling_refuses_an_image_that_is_not_here()
    {
        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "--pull", "never", "localhost:1/not/here:1", "true");

        outcome.Ended(125).Error.ShouldContain("not/here");
    }

    [SkippableFact]
    public async Task Kernels_are_listed()
    {
        await LazyVm.Shared.NameAsync();

        (await HearthCommand.RunAsync("kernel", "ls")).Succeeded().Output.ShouldContain("debian");
    }
}
