using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Store;

namespace Hearth.Engine.Tests.Store;

public sealed class VmStoreTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_created_vm_is_found_by_name_by_id_and_by_prefix()
    {
        VmModel made = _home.Vms.Create(TemporaryHome.Spec("web"));
        _home.Vms.Find("web").Id.ShouldBe(made.Id);
        _home.Vms.Find(made.Id).Id.ShouldBe(made.Id);
        _home.Vms.Find(made.Id[..6]).Id.ShouldBe(made.Id);
        made.State.Status.ShouldBe(VmStatus.Created);
        File.GetUnixFileMode(Path.Combine(made.Directory, "spec.json")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void What_a_vm_may_reach_is_changed_on_disk_and_everything_is_kept_as_nothing()
    {
        VmModel made = _home.Vms.Create(TemporaryHome.Spec("web") with { Network = new NetworkSpec { Dns = ["192.0.2.53"] } });
        EgressSettings none = new(EgressMode.None, [], []);

        _home.Vms.ChangeEgress(made, now => now is null ? none : throw new InvalidOperationException());
        NetworkSpec changed = _home.Vms.Rename(made, "other").Spec.Network!; // The old model has the old network.
        (changed.Egress?.Mode, changed.Dns[0]).ShouldBe((EgressMode.None, "192.0.2.53"));
        _home.Vms.ChangeEgress(made, static _ => EgressSettings.Open);
        _home.Vms.Reload(made).Spec.Network!.Egress.ShouldBeNull();

        VmModel alone = _home.Vms.Create(TemporaryHome.Spec("alone"));
        Should.Throw<HearthException>(() => _home.Vms.ChangeEgress(alone, _ => none)).Message.ShouldBe("VM alone has no network.");
    }

    [Fact]
    public void An_exact_name_wins_over_an_id_prefix()
    {
        VmModel other = _home.Vms.Create(TemporaryHome.Spec("other", new string('a', 64)));
        VmModel named = _home.Vms.Create(TemporaryHome.Spec("aaaa"));
        _home.Vms.Find("aaaa").Id.ShouldBe(named.Id);
        _home.Vms.Find("aaaaa").Id.ShouldBe(other.Id);
    }

    [Fact]
    public void A_prefix_of_two_ids_is_ambiguous()
    {
        _home.Vms.Create(TemporaryHome.Spec("one", "ab" + new string('1', 62)));
        _home.Vms.Create(TemporaryHome.Spec("two", "ab" + new string('2', 62)));
        Should.Throw<HearthException>(() => _home.Vms.Find("ab")).Code.ShouldBe("vm.ambiguous");
    }

    [Fact]
    public void A_name_in_use_is_refused_with_its_owner_and_the_cure()
    {
        VmModel owner = _home.Vms.Create(TemporaryHome.Spec("web"));
        HearthException error = Should.Throw<HearthException>(() => _home.Vms.Create(TemporaryHome.Spec("web")));
        error.Code.ShouldBe("name.in-use");
        error.Message.ShouldBe($"The name 'web' is in use by VM {owner.Id[..12]}.");
        error.Hint.ShouldBe("Remove or rename that VM ('hearth rm web'), or choose another name.");
        _home.Vms.List().Count.ShouldBe(1);
        Directory.EnumerateFileSystemEntries(_home.Paths.Staging).ShouldBeEmpty();
    }

    [Fact]
    public void Of_many_creators_of_one_name_exactly_one_wins()
    {
        int won = 0;
        Parallel.For(0, 16, _ =>
        {
            try
            {
                _home.Vms.Create(TemporaryHome.Spec("same"));
                Interlocked.Increment(ref won);
            }
            catch (HearthException e) when (e.Code == "name.in-use")
            {
                // One of the fifteen.
            }
        });
        won.ShouldBe(1);
    }

    [Fact]
    public void A_name_whose_creator_died_half_way_is_free()
    {
        File.WriteAllText(Path.Combine(_home.Paths.Names, "web"), new string('f', 64));
        _home.Vms.Create(TemporaryHome.Spec("web")).Name.ShouldBe("web");
    }

    [Fact]
    public void Removal_frees_the_name_and_leaves_nothing()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        _home.Vms.Remove(vm);
        _home.Vms.Remove(vm);
        Should.Throw<HearthException>(() => _home.Vms.Find("web")).Code.ShouldBe("vm.not-found");
        Directory.EnumerateFileSystemEntries(_home.Paths.Vms).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(_home.Paths.Names).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(_home.Paths.Staging).ShouldBeEmpty();
    }

    [Fact]
    public void Renaming_moves_the_name_and_refuses_one_that_is_taken()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("old"));
        _home.Vms.Create(TemporaryHome.Spec("taken"));
        _home.Vms.Rename(vm, "new").Name.ShouldBe("new");
        Should.Throw<HearthException>(() => _home.Vms.Find("old"));
        Should.Throw<HearthException>(() => _home.Vms.Rename(_home.Vms.Find("new"), "taken")).Code.ShouldBe("name.in-use");
        _home.Vms.Find("new").Id.ShouldBe(vm.Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Web")]
    [InlineData("-web")]
    [InlineData("web-")]
    [InlineData("a.b")]
    [InlineData("../escape")]
    [InlineData("a/b")]
    public void A_name_that_is_no_dns_label_is_refused(string name) =>
        Should.Throw<HearthException>(() => _home.Vms.Create(TemporaryHome.Spec(name))).Code.ShouldBe("name.invalid");

    [Fact]
    public void A_vm_whose_supervisor_is_gone_has_exited_and_says_so()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        VmFiles.WriteState(vm.Directory, new VmState { Status = VmStatus.Running, Supervisor = new ProcessIdentity(int.MaxValue, 1) });
        VmModel found = _home.Vms.Find("web");
        found.State.Status.ShouldBe(VmStatus.Exited);
        found.State.ExitCode.ShouldBe(137);
        found.State.Error.ShouldBe("The VM's supervisor was killed or the host went down.");
        _home.Vms.Find("web").State.FinishedAt.ShouldBe(found.State.FinishedAt);
    }

    [Fact]
    public void A_reused_pid_is_not_taken_for_the_supervisor()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        VmFiles.WriteState(vm.Directory, new VmState { Status = VmStatus.Running, Supervisor = new ProcessIdentity(Environment.ProcessId, 1) });
        _home.Vms.Find("web").State.Status.ShouldBe(VmStatus.Exited);
    }

    [Fact]
    public void A_running_vm_is_not_removed()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        ProcessIdentity parent = Hearth.Linux.Processes.ProcessTable.Identify(1)!.Value;
        VmFiles.WriteState(vm.Directory, new VmState { Status = VmStatus.Running, Supervisor = parent });
        Should.Throw<HearthException>(() => _home.Vms.Remove(_home.Vms.Find("web"))).Code.ShouldBe("vm.running");
    }

    [Fact]
    public void A_home_of_a_newer_layout_is_refused_with_both_versions()
    {
        File.WriteAllText(_home.Paths.VersionFile, "99\n");
        HearthException error = Should.Throw<HearthException>(() => HearthHome.Open(_home.Paths));
        error.Message.ShouldBe($"{_home.Paths.Home} has layout version '99'; this hearth knows up to {HearthPaths.LayoutVersion}.");
    }

    [Fact]
    public void A_spec_that_is_not_json_is_an_error_that_names_its_directory()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        File.WriteAllText(Path.Combine(vm.Directory, "spec.json"), "{");
        Should.Throw<HearthException>(() => _home.Vms.Find("web")).Code.ShouldBe("vm.corrupt");
    }
}
