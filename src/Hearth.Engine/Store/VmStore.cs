using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Copying;
using Hearth.Engine.Doorkeeping;
using Hearth.Engine.Events;
using Hearth.Engine.Pools;
using Hearth.Engine.Templates;
using Hearth.Linux.Files;

namespace Hearth.Engine.Store;

/// <summary>
/// The VMs of one home. A name is a file <c>names/&lt;name&gt;</c> that holds the VM's id; names change only under the lock
/// <c>locks/names</c>, a leaf lock held for a few system calls.
/// </summary>
public sealed class VmStore(HearthPaths paths)
{
    /// <summary>Claims the name and makes the VM's directory, whole or not at all.</summary>
    /// <exception cref="HearthException"><c>name.in-use</c>, <c>name.invalid</c>.</exception>
    /// <param name="spec">What it is to be.</param>
    /// <param name="fill">Adds files to the new directory before anybody sees it.</param>
    public VmModel Create(VmSpec spec, Action<VmModel>? fill = null)
    {
        DnsLabel.Require(spec.Name);
        using (StagingDirectory staging = Stage())
        {
            string made = staging.File("vm");
            const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(made, OwnerOnly);
            Directory.CreateDirectory(Path.Combine(made, "disks"), OwnerOnly);
            VmFiles.WriteSpec(made, spec);
            VmFiles.WriteState(made, new VmState());
            fill?.Invoke(new VmModel(spec, new VmState(), made));
            SweepOwner(spec.Name);
            using (LockNames())
            {
                ClaimName(spec.Name, spec.Id);
                Directory.Move(made, paths.Vm(spec.Id));
            }
        }

        return Reload(spec.Id);
    }

    /// <summary>Makes a spare the VM of its id: its directory is there, and is a VM's once it has a spec.</summary>
    /// <remarks>
    /// The files of a VM that goes with its end (<c>--rm</c>) are not synced: that took 2 to 20 ms each. After a crash of the machine such a file may
    /// be empty, which is the same as none.
    /// </remarks>
    /// <exception cref="HearthException"><c>name.in-use</c>, <c>name.invalid</c>.</exception>
    /// <param name="spec">What it is to be.</param>
    /// <param name="fill">Adds files to the directory before anybody takes it for a VM's.</param>
    public VmModel Adopt(VmSpec spec, Action<VmModel>? fill = null)
    {
        DnsLabel.Require(spec.Name);
        string directory = paths.Vm(spec.Id);
        VmState state = new();
        VmFiles.WriteState(directory, state);
        fill?.Invoke(new VmModel(spec, state, directory));
        SweepOwner(spec.Name);
        using (LockNames())
        {
            ClaimName(spec.Name, spec.Id, durable: !spec.AutoRemove);
            VmFiles.WriteSpec(directory, spec, durable: !spec.AutoRemove);
        }

        return new VmModel(spec, state, directory);
    }

    public IReadOnlyList<VmModel> List()
    {
        List<VmModel> vms = [];
        foreach (string directory in Directory.EnumerateDirectories(paths.Vms))
        {
            if (TryLoad(directory) is { } vm)
            {
                vms.Add(vm);
            }
        }

        vms.Sort(static (a, b) => b.Spec.Created.CompareTo(a.Spec.Created));
        return vms;
    }

    /// <summary>A VM by exact name, full id or unique id prefix; an exact name wins.</summary>
    /// <exception cref="HearthException"><c>vm.not-found</c>, <c>vm.ambiguous</c>.</exception>
    public VmModel Find(string nameOrIdPrefix)
    {
        if (DnsLabel.IsValid(nameOrIdPrefix) && ReadName(nameOrIdPrefix) is { } id && TryLoad(paths.Vm(id)) is { } named)
        {
            return named;
        }

        string[] matches = VmId.IsPrefix(nameOrIdPrefix)
            ? [.. Directory.EnumerateDirectories(paths.Vms, nameOrIdPrefix + "*").Where(VmFiles.HasSpec).Take(2)]
            : [];
        if (matches.Length > 1)
        {
            throw new HearthException("vm.ambiguous", $"'{nameOrIdPrefix}' is the start of more than one VM's id.", "Give more digits.", 1);
        }

        return (matches.Length == 1 ? TryLoad(matches[0]) : null)
            ?? throw new HearthException("vm.not-found", $"No such VM: {nameOrIdPrefix}", "'hearth ps -a' lists them.", 1);
    }

    /// <summary>The same VM as it is now.</summary>
    public VmModel Reload(VmModel vm) => Reload(vm.Id);

    /// <summary>Removes a stopped VM: first its directory, by rename, so that it is there or not; then its name.</summary>
    /// <exception cref="HearthException"><c>vm.running</c>, <c>vm.copying</c>.</exception>
    public void Remove(VmModel vm)
    {
        if (TryLoad(vm.Directory) is not { } now)
        {
            return;
        }

        if (now.IsActive && now.State.Supervisor?.Pid != Environment.ProcessId)
        {
            throw new HearthException("vm.running", $"VM {vm.Name} is {Words.Of(now.State.Status)}.", $"Stop it first ('hearth stop {vm.Name}'), or use 'hearth rm -f'.", 1);
        }

        if (CopyMark.IsHeld(now))
        {
            throw CopyMark.Busy(now);
        }

        DoorkeeperSocket.End(now.State); // Its ports are free when this returns.
        Discard(now);
    }

    private void Discard(VmModel vm)
    {
        using StagingDirectory staging = Stage();
        using (LockNames())
        {
            if (ReadName(vm.Name) == vm.Id)
            {
                File.Delete(NameFile(vm.Name));
            }

            try
            {
                Directory.Move(vm.Directory, staging.File("vm"));
            }
            catch (DirectoryNotFoundException)
            {
                return; // Somebody else removed it first.
            }
        }
    }

    /// <exception cref="HearthException"><c>name.in-use</c>, <c>name.invalid</c>.</exception>
    public VmModel Rename(VmModel vm, string newName)
    {
        DnsLabel.Require(newName);
        SweepOwner(newName);
        using (LockNames())
        {
            ClaimName(newName, vm.Id);
            VmFiles.WriteSpec(vm.Directory, RequireSpec(vm) with { Name = newName });
            if (newName != vm.Name)
            {
                File.Delete(NameFile(vm.Name));
            }
        }

        return Reload(vm);
    }

    /// <summary>Changes what a VM may reach, in its spec. Its supervisor, if there is one, does this itself.</summary>
    /// <exception cref="HearthException"><c>vm.not-found</c>, <c>vm.no-network</c>, or what <paramref name="change"/> throws.</exception>
    public void ChangeEgress(VmModel vm, Func<EgressSettings?, EgressSettings> change)
    {
        using (LockNames())
        {
            VmSpec spec = RequireSpec(vm);
            NetworkSpec network = spec.Network ?? throw new HearthException("vm.no-network", $"VM {vm.Name} has no network.", "It was run with --network none and reaches nothing; run it anew.", 1);
            EgressSettings next = change(network.Egress);
            VmFiles.WriteSpec(vm.Directory, spec with { Network = network with { Egress = next.IsOpen ? null : next } });
        }
    }

    /// <summary>Puts a VM on a named network, or takes it off, in its spec. Its supervisor, if there is one, does this itself.</summary>
    /// <exception cref="HearthException"><c>vm.not-found</c>, <c>vm.no-network</c>, <c>network.joined</c>, <c>network.not-joined</c>.</exception>
    public void ChangeMembership(VmModel vm, string network, bool join)
    {
        using (LockNames())
        {
            VmSpec spec = RequireSpec(vm);
            NetworkSpec settings = spec.Network ?? throw new HearthException("vm.no-network", $"VM {vm.Name} has no network.", "It was run with --network none; run it anew.", 1);
            if (settings.Networks.Contains(network) == join)
            {
                throw join
                    ? new HearthException("network.joined", $"VM {vm.Name} is on network {network} already.", null, 1)
                    : new HearthException("network.not-joined", $"VM {vm.Name} is not on network {network}.", $"'hearth network inspect {network}' shows the VMs that are.", 1);
            }

            VmFiles.WriteSpec(vm.Directory, spec with { Network = settings.WithNetwork(network, join) });
        }
    }

    /// <summary>Removes what dead commands left in staging, also what a retry could have resumed.</summary>
    public void SweepStaging()
    {
        TemplatePreparation.ReleaseAbandoned(paths);
        new SpareStore(paths).SweepAll();
        StagingDirectory.SweepAsync(paths, CancellationToken.None).GetAwaiter().GetResult();
    }

    private VmModel Reload(string id) =>
        TryLoad(paths.Vm(id)) ?? throw new HearthException("vm.not-found", $"No such VM: {VmId.Short(id)}", "'hearth ps -a' lists them.", 1);

    /// <summary>The spec as it is on disk, which others may have changed. Precondition: the names' lock is held.</summary>
    private static VmSpec RequireSpec(VmModel vm) =>
        VmFiles.TryRead(vm.Directory)?.Spec ?? throw new HearthException("vm.not-found", $"No such VM: {vm.Name}", "'hearth ps -a' lists them.", 1);

    /// <summary>As it is, and null when there is none any more: one whose maker died before its first start goes now.</summary>
    private VmModel? TryLoad(string directory)
    {
        if (VmFiles.TryRead(directory) is not { } files)
        {
            return null;
        }

        VmModel vm = new(files.Spec, Reconciler.Reconcile(directory, files.Spec, files.State), directory);
        return vm.State.Status is VmStatus.Created or VmStatus.Exited && TrySweep(vm) ? null : vm;
    }

    private bool TrySweep(VmModel vm)
    {
        using IDisposable? abandoned = FirstStart.TryTakeAbandoned(vm.Directory);
        if (abandoned is null || VmFiles.TryRead(vm.Directory) is not { State.Status: VmStatus.Created or VmStatus.Exited })
        {
            return false;
        }

        Discard(vm);
        Dictionary<string, string> attributes = new(vm.Spec.Labels) { ["name"] = vm.Name, ["image"] = vm.Spec.Image };
        new EventLog(paths).Append(new HearthEvent(TimeProvider.System.GetUtcNow(), "container", "destroy", vm.Id, attributes));
        return true;
    }

    /// <summary>A name may be that of a VM whose maker died. To be called before the names' lock is taken: removing takes it too.</summary>
    private void SweepOwner(string name)
    {
        if (ReadName(name) is { } id)
        {
            TryLoad(paths.Vm(id));
        }
    }

    private string NameFile(string name) => Path.Combine(paths.Names, name);

    private string? ReadName(string name)
    {
        try
        {
            return File.ReadAllText(NameFile(name)).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Preconditions: the names' lock is held. A name whose VM is gone is free: its creator died half-way.</summary>
    private void ClaimName(string name, string id, bool durable = true)
    {
        string? owner = ReadName(name);
        if (owner is not null && owner != id && VmFiles.HasSpec(paths.Vm(owner)))
        {
            throw new HearthException(
                "name.in-use", $"The name '{name}' is in use by VM {VmId.Short(owner)}.", $"Remove or rename that VM ('hearth rm {name}'), or choose another name.");
        }

        AtomicFile.Write(NameFile(name), System.Text.Encoding.ASCII.GetBytes(id), durable);
    }

    private StagingDirectory Stage() => StagingDirectory.CreateAsync(paths, "vm", CancellationToken.None).GetAwaiter().GetResult();

    private FileLock LockNames() => FileLock.AcquireAsync(Path.Combine(paths.Locks, "names"), CancellationToken.None).GetAwaiter().GetResult();
}
