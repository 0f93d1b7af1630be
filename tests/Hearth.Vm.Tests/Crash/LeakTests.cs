using Hearth.Vm.Tests.Harness;
using Hearth.Vm.Tests.Images;

namespace Hearth.Vm.Tests.Crash;

/// <summary>Runs after all others and looks for what they left.</summary>
[Collection(LastCollection.Name)]
public sealed class LeakTests
{
    [SkippableFact]
    public async Task Nothing_of_the_whole_run_is_left_on_the_host()
    {
        await LazyVm.Shared.DisposeAsync();
        await ProbeImage.EndAsync();
        string[] left = (await HearthCommand.RunAsync("ps", "-aq", "--no-trunc")).Succeeded().Lines;

        left.ShouldBeEmpty();
        HostTraces.Processes(TestRun.Current.Home).ShouldBeEmpty();
        await HostTraces.NoOwnerAsync();
        Directory.EnumerateFileSystemEntries(Path.Combine(TestRun.Current.Home, "vms")).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(TestRun.Current.Home, "names")).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(TestRun.Current.Home, "staging")).ShouldBeEmpty();
        File.ReadAllText("/proc/self/mounts").ShouldNotContain(TestRun.Current.Home);
    }
}
