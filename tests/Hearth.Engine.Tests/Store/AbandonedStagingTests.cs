using Hearth.Engine.Store;

namespace Hearth.Engine.Tests.Store;

public sealed class AbandonedStagingTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void What_a_killed_creation_left_goes_with_the_next_vm()
    {
        Abandon("vm-1");

        _home.Vms.Create(TemporaryHome.Spec("web"));

        Directory.EnumerateFileSystemEntries(_home.Paths.Staging).ShouldBeEmpty();
    }

    [Fact]
    public void What_a_killed_removal_left_goes_with_the_next_removal()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        Abandon("vm-1");

        _home.Vms.Remove(vm);

        Directory.EnumerateFileSystemEntries(_home.Paths.Staging).ShouldBeEmpty();
    }

    [Fact]
    public void Sweeping_also_takes_what_nobody_resumed()
    {
        Abandon("kept-download");
        Abandon("kernel-1");

        _home.Vms.SweepStaging();

        Directory.EnumerateFileSystemEntries(_home.Paths.Staging).ShouldBeEmpty();
    }

    private void Abandon(string name)
    {
        string vm = Path.Combine(_home.Paths.Staging, name, "vm");
        Directory.CreateDirectory(Path.Combine(vm, "disks"));
        File.WriteAllText(Path.Combine(vm, "spec.json"), "{}");
        File.WriteAllText(Path.Combine(_home.Paths.Staging, name, ".owner"), "");
    }
}
