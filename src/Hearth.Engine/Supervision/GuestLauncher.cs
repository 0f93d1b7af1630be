using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Engine.Disks;
using Hearth.Engine.Failpoints;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Engine.Templates;
using Hearth.Linux.Files;
using Hearth.Networking.Topology;
using Hearth.Protocol.Agent;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Supervision;

// Theory of operation
//
// A guest comes from one of three places:
//
//   origin     the VM has a frozen guest of its own (a clone, a suspended or rolled-back VM): it goes on from that, once
//   template   the VM was never started: it goes on from the template of its shape, which is made first when it is missing; or,
//              with --snapshot-when, from that of its application (ApplicationKey), which the first run makes when it is ready
//   boot       everything else: a VM that was stopped starts with the disk that it has, so its kernel has to start too
//
// An origin is used up before its vCPUs run (its manifest is removed): if the supervisor dies after that, the next start
// boots from the disk, because memory that is older than the disk would destroy it. A template that fails is removed, and the
// run boots; the user is told in one line.

/// <summary>Gets a VM's guest going.</summary>
/// <param name="paths">The home.</param>
/// <param name="time">Clock of the host, for the guest.</param>
/// <param name="network">The host's end of the guest's network; null when it has none.</param>
/// <param name="started">Told of every VMM as soon as there is one, so that it is found if this process dies.</param>
/// <param name="warn">Takes a line for the user.</param>
internal sealed class GuestLauncher(HearthPaths paths, TimeProvider time, VmNetwork? network, Action<IVmInstance> started, Action<string> warn)
{
    private readonly TemplateStore _templates = new(paths);

    /// <exception cref="HearthException">What is missing, or why the guest did not come up.</exception>
    public async Task<StartedGuest> StartAsync(VmModel vm, CancellationToken cancellationToken)
    {
        StageClock clock = new();
        VmAssets assets = await LaunchPlan.FindAssetsAsync(paths, vm.Spec, cancellationToken);
        clock.Lap("assets");
        AccelDecision accel = AccelDecision.Choose(vm.Spec.Accel, KvmFacts.Probe());
        if (FrozenState.TryOpen(vm.Origin) is { } origin)
        {
            return await FromOriginAsync(vm, origin, assets, accel, clock, cancellationToken);
        }

        if (!vm.Spec.Template || DiskChain.Read(vm).Count > 0)
        {
            return await BootAsync(vm, assets, accel, clock, cancellationToken);
        }

        string? application = vm.Spec.SnapshotWhen is null ? null : ApplicationKey.Of(TemplateShape.Of(vm.Spec, assets, accel), vm.Spec);
        if (application is not null && await TryFromApplicationAsync(vm, application, assets, accel, clock, cancellationToken) is { } ready)
        {
            return ready;
        }

        StartedGuest guest = await TryFromTemplateAsync(vm, assets, accel, clock, cancellationToken)
            ?? await BootAsync(vm, assets, accel, clock, cancellationToken);
        return guest with { ApplicationKey = application };
    }

    /// <summary>The guest of a VM that nobody has asked for yet: from its template, which is made first when it is missing, or not at all.</summary>
    /// <exception cref="HearthException">As <see cref="StartAsync"/>, and why there is no template.</exception>
    public async Task<StartedGuest> RestoreAsync(VmModel vm, TemplateShape shape, CancellationToken cancellationToken)
    {
        StageClock clock = new();
        try
        {
            FrozenState template = _templates.Open(shape.Key()) ?? await new TemplateBuilder(paths, time, vm.Id, started).EnsureAsync(shape, vm.Spec, cancellationToken);
            clock.Lap("template");
            return await CopyAsync(vm, template, shape.Assets, shape.Accel, clock, cancellationToken);
        }
        catch (IOException e)
        {
            throw new HearthException("spare.failed", $"A VM of {vm.Spec.Image} could not be made ready: {e.Message}", $"Check the space of the file system that holds {paths.Home}.", inner: e);
        }
    }

    private async Task<StartedGuest> CopyAsync(VmModel vm, FrozenState template, VmAssets assets, AccelDecision accel, StageClock clock, CancellationToken cancellationToken)
    {
        SparseFile.Copy(template.DiskLayers[0].Path, vm.WritableDisk);
        clock.Lap("disk");
        TemplateStore.Touch(template, time.GetUtcNow());
        return await RestoreAsync(vm, template, null, assets, accel, clock, cancellationToken);
    }

    /// <summary>Boots a guest with the VM's disk mounted and no more: no template is used or made, an origin stays.</summary>
    /// <exception cref="HearthException">What is missing, or why the guest did not come up.</exception>
    public async Task<VmRun> BootBareAsync(VmModel vm, string consoleLog, CancellationToken cancellationToken)
    {
        VmAssets assets = await LaunchPlan.FindAssetsAsync(paths, vm.Spec, cancellationToken);
        AccelDecision accel = AccelDecision.Choose(vm.Spec.Accel, KvmFacts.Probe());
        VmRun run = (await BootAsync(vm, assets, accel, new StageClock(), cancellationToken, consoleLog)).Run;
        try
        {
            await run.Agent.CallAsync(new MountRootRequest(ConfigurationBuilder.UnixNanoseconds(time), assets.RootFileSystem), cancellationToken);
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    private async Task<StartedGuest> BootAsync(
        VmModel vm, VmAssets assets, AccelDecision accel, StageClock clock, CancellationToken cancellationToken, string? consoleLog = null)
    {
        File.Delete(vm.MemoryBase);
        if (DiskChain.Read(vm).Count == 0)
        {
            await WritableDisk.EnsureAsync(paths, vm.WritableDisk, vm.Spec.DiskBytes, cancellationToken);
        }

        clock.Lap("disk");
        VmRun run = await StartRunAsync(LaunchPlan.Build(vm, assets, accel, network) with { ConsoleLogPath = consoleLog ?? vm.ConsoleLog }, cancellationToken);
        try
        {
            clock.Lap("vmm");
            await run.WaitForAgentAsync(cancellationToken);
            clock.Lap("boot");
            return new StartedGuest(run, assets.RootFileSystem, false, null, clock.Stages);
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    private async Task<StartedGuest?> TryFromTemplateAsync(VmModel vm, VmAssets assets, AccelDecision accel, StageClock clock, CancellationToken cancellationToken)
    {
        TemplateShape shape = TemplateShape.Of(vm.Spec, assets, accel);
        string key = shape.Key();
        FrozenState? template = _templates.Open(key);
        try
        {
            template ??= await new TemplateBuilder(paths, time, vm.Id, started).EnsureAsync(shape, vm.Spec, cancellationToken);
            clock.Lap("template");
            return await CopyAsync(vm, template, assets, accel, clock, cancellationToken);
        }
        catch (HearthException e) when (template is null && e.Code is "template.failed" or "template.budget")
        {
            warn($"{e.Message.ReplaceLineEndings(" ")} The VM boots instead.");
            return null;
        }
        catch (Exception e) when (template is not null && e is HearthException or IOException)
        {
            _templates.Remove(key);
            File.Delete(vm.WritableDisk);
            File.Delete(vm.MemoryBase);
            warn($"the template of {vm.Spec.Image} could not be used and was removed; the VM boots instead: {e.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    /// <summary>As a clone of the first VM that ran the same and was ready. Null when there is no such template any more.</summary>
    private async Task<StartedGuest?> TryFromApplicationAsync(
        VmModel vm, string key, VmAssets assets, AccelDecision accel, StageClock clock, CancellationToken cancellationToken)
    {
        if (_templates.Open(key) is not { } template)
        {
            return null;
        }

        try
        {
            CloneFiles.Place(vm, template);
            clock.Lap("disk");
            TemplateStore.Touch(template, time.GetUtcNow());
            return await FromOriginAsync(vm, template with { Directory = vm.Origin }, assets, accel, clock, cancellationToken);
        }
        catch (Exception e) when (e is HearthException or IOException)
        {
            _templates.Remove(key);
            DoomedDirectory.Remove(vm.Origin, paths.Staging);
            DiskChain.Clear(vm);
            File.Delete(vm.MemoryBase);
            warn($"the template of {vm.Spec.Image} when it is ready could not be used and was removed; it starts anew: {e.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    private async Task<StartedGuest> FromOriginAsync(VmModel vm, FrozenState origin, VmAssets assets, AccelDecision accel, StageClock clock, CancellationToken cancellationToken)
    {
        if (origin.Manifest.DiskOnly)
        {
            DoomedDirectory.Remove(vm.Origin, paths.Staging);
            return await BootAsync(vm, assets, accel, clock, cancellationToken);
        }

        SnapshotCheck.RequireRestorable(origin, accel);
        byte[]? shares = origin.ReadShares();
        StartedGuest guest = await RestoreAsync(vm, origin, vm.Origin, assets, accel, clock, cancellationToken);
        return guest with { ContainerRuns = true, ContainerStarted = origin.Manifest.StartedAt, Shares = shares };
    }

    /// <param name="usedUp">A directory whose manifest goes before the vCPUs run, and the rest once they do.</param>
    private async Task<StartedGuest> RestoreAsync(
        VmModel vm, FrozenState state, string? usedUp, VmAssets assets, AccelDecision accel, StageClock clock, CancellationToken cancellationToken)
    {
        await Failpoint.ReachAsync(ChainSteps.RestoreBegun);
        File.Delete(vm.MemoryBase);
        HardLink.Create(state.MemoryPath, vm.MemoryBase);
        await Failpoint.ReachAsync(ChainSteps.RestoreMemoryNamed);
        VmLaunch launch = LaunchPlan.Build(vm, assets, accel, network) with
        {
            Memory = new VmMemory(vm.MemoryBase, Shared: false),
            SavedState = new VmSavedState(state.DevicePath, state.DeltaPath),
            PortNames = LaunchPlan.PortNames(state.Manifest.SharePorts),
        };
        VmRun run = await StartRunAsync(launch, cancellationToken);
        try
        {
            clock.Lap("load");
            await Failpoint.ReachAsync(ChainSteps.RestoreRecorded, run.Instance);
            if (usedUp is not null)
            {
                File.Delete(Path.Combine(usedUp, FrozenState.ManifestFile));
                await Failpoint.ReachAsync(ChainSteps.RestoreUsedUp, run.Instance);
            }

            await run.ResumeRestoredAsync(cancellationToken);
            clock.Lap("resume");
            await Failpoint.ReachAsync(ChainSteps.RestoreAnswered, run.Instance);
            if (usedUp is not null)
            {
                DoomedDirectory.Remove(usedUp, paths.Staging);
                await Failpoint.ReachAsync(ChainSteps.RestoreFreed, run.Instance);
            }

            return new StartedGuest(run, assets.RootFileSystem, false, null, clock.Stages);
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    private async Task<VmRun> StartRunAsync(VmLaunch launch, CancellationToken cancellationToken)
    {
        VmRun run = await VmRun.StartAsync(new QemuEngine(), launch, cancellationToken);
        await Failpoint.ReachAsync(ChainSteps.RestoreLoaded, run.Instance);
        started(run.Instance);
        return run;
    }
}
