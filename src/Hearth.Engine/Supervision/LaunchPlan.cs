using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Disks;
using Hearth.Engine.Store;
using Hearth.Engine.Templates;
using Hearth.Images.Initramfs;
using Hearth.Images.Kernels;
using Hearth.Images.Store;
using Hearth.Linux.Cgroups;
using Hearth.Linux.Memory;
using Hearth.Networking.Topology;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Shares;
using Hearth.Vmm;

namespace Hearth.Engine.Supervision;

/// <summary>Turns a VM's spec into what an engine needs.</summary>
internal static class LaunchPlan
{
    public static async Task<VmAssets> FindAssetsAsync(HearthPaths paths, VmSpec spec, CancellationToken cancellationToken)
    {
        RequireHost(spec);
        ImageRecord image = new ImageStore(paths, TimeProvider.System).Require(spec.ImageId);
        KernelRecord kernel = await new KernelStore(paths).EnsureAsync(spec.Kernel, null, cancellationToken);
        string initramfs = await new InitramfsBuilder(paths).EnsureAsync(kernel, AgentPath(), cancellationToken);
        return new VmAssets(kernel.VmlinuxPath, initramfs, image.RootPath, image.RootFileSystem, image.Config);
    }

    /// <summary>What a VM's first start goes on from, were there a template of it.</summary>
    public static async Task<TemplateShape> FindShapeAsync(HearthPaths paths, VmSpec spec, CancellationToken cancellationToken) =>
        TemplateShape.Of(spec, await FindAssetsAsync(paths, spec, cancellationToken), AccelDecision.Choose(spec.Accel, KvmFacts.Probe()));

    /// <exception cref="HearthException"><c>agent.missing</c>: it is not beside the hearth binary.</exception>
    public static string AgentPath()
    {
        string directory = Path.GetDirectoryName(File.ResolveLinkTarget(Environment.ProcessPath!, returnFinalTarget: true)?.FullName ?? Environment.ProcessPath!)!;
        string path = Path.Combine(directory, "hearth-agent");
        return File.Exists(path) ? path : throw new HearthException("agent.missing", $"{path} is missing.", "Build or install Hearth again.");
    }

    public static VmLaunch Build(VmModel vm, VmAssets assets, AccelDecision accel, VmNetwork? network) => new()
    {
        Id = vm.Id,
        KernelPath = assets.KernelPath,
        InitramfsPath = assets.InitramfsPath,
        Vcpus = vm.Spec.Vcpus,
        MemoryBytes = vm.Spec.MemoryBytes,
        HugePages = vm.Spec.HugePages,
        Limits = vm.Spec.Limits,
        Network = Device(network),
        Disks =
        [
            VmDisk.Raw(assets.RootPath, readOnly: true, durable: true),
            new VmDisk(DiskChain.Read(vm), ReadOnly: false, Durable: !vm.Spec.AutoRemove),
        ],
        ConsoleLogPath = vm.ConsoleLog,
        Accel = accel,
        LinkPortName = AgentPorts.SerialPortName,
        PortNames = PortNames(SharePorts.Count),
    };

    /// <summary>The first of the ports for shares; a guest goes on with as many as it was booted with.</summary>
    public static IReadOnlyList<string> PortNames(int count) => [.. Enumerable.Range(0, count).Select(SharePorts.Name)];

    /// <summary>The guest's network interface; null when there is none.</summary>
    public static VmNetworkDevice? Device(VmNetwork? network) =>
        network is null ? null : new VmNetworkDevice(network.TapDescriptor, GuestAddressing.Text(network.Guest.Station));

    /// <summary>What was asked of the host and may not be there: known before a template is made or blamed.</summary>
    /// <exception cref="HearthException"><c>limits.unavailable</c>, <c>hugepages.unavailable</c>.</exception>
    private static void RequireHost(VmSpec spec)
    {
        if (spec.Limits is { } limits)
        {
            CgroupScope.RequireApplicable(limits);
        }

        if (spec.HugePages)
        {
            HugePagePool.Require(spec.MemoryBytes);
        }
    }
}
