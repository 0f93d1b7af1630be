using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Failpoints;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Supervision;
using Hearth.Linux.Files;
using Hearth.Networking.Topology;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Shares;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Templates;

// Theory of operation
//
// The first run of a shape boots a guest for the template, with the template's own memory file under it, freezes it when it
// is ready to start a container, and goes on as the template's first child. So the template costs one save and one restore,
// and no second boot. Steps: lock of the key → look again → boot in staging → root mounted and first process parked (Reply) → link frozen (Frozen) →
// stopped → devices saved → VMM ended → synced → renamed into place. A crash leaves a directory in staging, which is swept.

/// <summary>Makes templates.</summary>
/// <param name="paths">The home.</param>
/// <param name="time">Clock of the host.</param>
/// <param name="vmId">Who the VMM belongs to: a VM's id finds it again if this process dies.</param>
/// <param name="started">Told of the VMM as soon as there is one.</param>
internal sealed class TemplateBuilder(HearthPaths paths, TimeProvider time, string vmId, Action<IVmInstance> started)
{
    private readonly TemplateStore _store = new(paths);

    /// <summary>The template of a shape; made when it is missing. Concurrent callers make one.</summary>
    /// <exception cref="HearthException">The guest did not boot, or the disk is full.</exception>
    public async Task<FrozenState> EnsureAsync(TemplateShape shape, VmSpec spec, CancellationToken cancellationToken)
    {
        string key = shape.Key();
        if (_store.Open(key) is { } present)
        {
            return present;
        }

        using FileLock turn = await FileLock.AcquireAsync(Path.Combine(paths.Locks, $"template-{key}"), cancellationToken);
        if (_store.Open(key) is { } made)
        {
            return made;
        }

        await Failpoint.ReachAsync(ChainSteps.TemplateLocked);
        long budget = TemplateBudget.Read(Environment.GetEnvironmentVariable);
        using StagingDirectory staging = await StagingDirectory.CreateAsync(paths, "template", cancellationToken);
        string half = staging.File("template");
        string place = Path.Combine(paths.Templates, key);
        try
        {
            Directory.CreateDirectory(half, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            FrozenState state = await BuildAsync(shape, spec, key, half, cancellationToken);
            await Failpoint.ReachAsync(ChainSteps.TemplateComplete);

            // What is in the way has no manifest, or it would have been found.
            _store.Remove(key);
            Directory.Move(half, place);
            await Failpoint.ReachAsync(ChainSteps.TemplatePublished);
            _store.Evict(budget, keep: key);
            return state with { Directory = place };
        }
        catch (IOException e)
        {
            throw new HearthException("template.failed", $"No template could be made of {spec.Image}: {e.Message}", $"Check the space of the file system that holds {paths.Home}.", inner: e);
        }
    }

    private async Task<FrozenState> BuildAsync(TemplateShape shape, VmSpec spec, string key, string staging, CancellationToken cancellationToken)
    {
        string memory = Path.Combine(staging, FrozenState.MemoryFile);
        string disk = Path.Combine(staging, FrozenState.DiskFile(0));
        string console = Path.Combine(staging, "console.log");
        QemuEngine.CreateMemoryFile(memory, shape.MemoryBytes);
        await WritableDisk.EnsureAsync(paths, disk, shape.DiskBytes, cancellationToken);
        await using VmNetwork? network = shape.Network ? VmNetwork.OpenIdle(vmId) : null;
        VmLaunch launch = new()
        {
            Id = vmId,
            Network = LaunchPlan.Device(network),
            KernelPath = shape.Assets.KernelPath,
            InitramfsPath = shape.Assets.InitramfsPath,
            Vcpus = shape.Vcpus,
            MemoryBytes = shape.MemoryBytes,
            Memory = new VmMemory(memory, Shared: true),
            Disks = [VmDisk.Raw(shape.Assets.RootPath, readOnly: true, durable: true), VmDisk.Raw(disk, readOnly: false, durable: false)],
            ConsoleLogPath = console,
            Accel = shape.Accel,
            LinkPortName = AgentPorts.SerialPortName,
            PortNames = LaunchPlan.PortNames(SharePorts.Count),
        };
        string engine;
        await Failpoint.ReachAsync(ChainSteps.TemplateStaged);
        await using (VmRun run = await VmRun.StartAsync(new QemuEngine(), launch, cancellationToken))
        {
            engine = run.Instance.Description;
            started(run.Instance);
            await Failpoint.ReachAsync(ChainSteps.TemplateRecorded, run.Instance);
            await run.BootAsync(cancellationToken);
            await Failpoint.ReachAsync(ChainSteps.TemplateBooted, run.Instance);
            await run.PrepareAsync(new PrepareRequest(shape.Assets.RootFileSystem, Expected(spec, shape.Assets, network)), cancellationToken);
            await run.RehearseAsync(cancellationToken);
            await Failpoint.ReachAsync(ChainSteps.TemplatePrepared, run.Instance);
            await using IVmSave save = await run.Instance.PrepareSaveAsync(Path.Combine(staging, FrozenState.DeviceFile), null, cancellationToken);
            await run.FreezeAsync(cancellationToken);
            await Failpoint.ReachAsync(ChainSteps.TemplateFrozen, run.Instance);
            await run.Instance.PauseAsync(cancellationToken);
            await Failpoint.ReachAsync(ChainSteps.TemplateStopped, run.Instance);
            await save.TakeAsync(cancellationToken);
            await Failpoint.ReachAsync(ChainSteps.TemplateSaved, run.Instance);
        }

        await Failpoint.ReachAsync(ChainSteps.TemplateEnded);

        File.Delete(console);
        FrozenState state = new(staging, new FrozenManifest
        {
            Kind = FrozenKind.Template,
            Name = key,
            Created = time.GetUtcNow(),
            Engine = HostIdentity.Of(shape.Accel),
            Accel = engine,
            Kernel = Path.GetFileName(Path.GetDirectoryName(shape.Assets.KernelPath))!,
            Image = spec.Image,
            ImageId = spec.ImageId,
            Vcpus = shape.Vcpus,
            MemoryBytes = shape.MemoryBytes,
            DiskBytes = shape.DiskBytes,
            MemoryModified = FrozenState.ModifiedTicks(memory),
            Disk = [new DiskLayer(FrozenState.DiskFile(0), DiskFormat.Raw)],
            SharePorts = SharePorts.Count,
        });
        FrozenFiles.Sync(state);
        state.WriteManifest();
        return state;
    }

    /// <summary>What most runs of the image will ask, and nothing of the run that makes the template: others go on from its memory.</summary>
    private RunRequest Expected(VmSpec spec, VmAssets assets, VmNetwork? network)
    {
        OciImageConfig image = assets.ImageConfig;
        ContainerSpec container = new()
        {
            Hostname = "template",
            Process = new ProcessSpec { Args = [.. image.Entrypoint, .. image.Cmd], User = image.User, Env = image.Env },
        };
        VmSpec nobody = spec with { Id = new string('0', spec.Id.Length), Container = container };
        return new RunRequest(ConfigurationBuilder.Build(nobody, assets.RootFileSystem, network, time), container);
    }
}
