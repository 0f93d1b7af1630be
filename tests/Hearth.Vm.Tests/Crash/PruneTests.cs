using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Crash;

[Collection(AloneCollection.Name)]
public sealed class PruneTests
{
    [SkippableFact]
    public async Task Prune_removes_the_stopped_and_keeps_the_running()
    {
        string running = await LazyVm.Shared.NameAsync();
        string stopped = TestRun.Current.NewName();
        string id = (await HearthCommand.RunAsync("create", "--name", stopped, "@busybox", "true")).Succeeded().Line;

        (await HearthCommand.RunAsync("prune", "--force")).Succeeded().Output.ShouldContain(id[..12]);

        (await HearthCommand.RunAsync("inspect", stopped)).ExitCode.ShouldNotBe(0);
        (await HearthCommand.RunAsync("exec", running, "true")).Succeeded();
    }
}
