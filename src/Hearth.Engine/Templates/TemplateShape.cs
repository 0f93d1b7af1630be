using System.Globalization;
using System.Text;
using Hearth.Core.Hashing;
using Hearth.Core.Specs;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Supervision;
using Hearth.Vmm;

namespace Hearth.Engine.Templates;

/// <summary>
/// Everything that a guest depends on before it is told what to run. Two VMs of equal shape can go on from one template; what
/// a run adds (command, environment, user, limits of the container, names) comes after the restore and is not in it.
/// </summary>
/// <param name="Assets">Kernel, initramfs (with the agent) and image: their paths are named after their content.</param>
/// <param name="Vcpus">CPUs.</param>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="DiskBytes">Size of the writable disk, which is mounted already.</param>
/// <param name="Network">It has a network interface.</param>
/// <param name="Accel">Accelerator.</param>
internal sealed record TemplateShape(VmAssets Assets, int Vcpus, long MemoryBytes, long DiskBytes, bool Network, AccelDecision Accel)
{
    /// <summary>Counted up when templates are made differently.</summary>
    private const int Recipe = 4;

    public static TemplateShape Of(VmSpec spec, VmAssets assets, AccelDecision accel) => new(assets, spec.Vcpus, spec.MemoryBytes, spec.DiskBytes, spec.Network is not null, accel);

    /// <summary>32 hexadecimal digits.</summary>
    public string Key()
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Recipe}\n{Assets.KernelPath}\n{Assets.InitramfsPath}\n{Assets.RootPath}\n{Vcpus}\n{MemoryBytes}\n{DiskBytes}\n{Network}\n{Accel.UseKvm}\n{HostIdentity.Of(Accel)}\n");
        return Convert.ToHexStringLower(Sha256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
    }
}
