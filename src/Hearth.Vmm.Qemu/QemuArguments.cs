using System.Globalization;
using Hearth.Core.Specs;

namespace Hearth.Vmm.Qemu;

/// <summary>QEMU's command line. Every setting that is not obvious says what was seen without it.</summary>
internal static class QemuArguments
{
    public static IEnumerable<string> Build(VmLaunch launch, QemuDescriptors descriptors)
    {
        List<string> arguments =
        [
            "-name", $"guest=hearth-{launch.Id}",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",

            // ACPI stays on: Debian's kernel finds its virtio-mmio devices by it. x-option-roms=off: nothing boots from one.
            "-M", "microvm,acpi=on,rtc=on,pic=off,pit=off,x-option-roms=off,memory-backend=mem",
            "-m", $"{launch.MemoryBytes >> 20}M",
            "-object", MemoryObject(launch, descriptors),
            "-smp", launch.Vcpus.ToString(CultureInfo.InvariantCulture),
            "-accel", launch.Accel.UseKvm ? "kvm" : $"tcg,thread=multi{TranslationCache(launch)}",

            // Without erms the guest's kernel copies and clears in unrolled moves. With it, it uses rep movsb, which is one
            // emulated step a byte: 256 MiB through the link took 1.7 s of CPU against 0.4 s.
            "-cpu", launch.Accel.UseKvm ? "host" : "max,-erms",
            "-kernel", $"/proc/self/fd/{descriptors.Kernel.Fd}",
            "-initrd", $"/proc/self/fd/{descriptors.Initramfs.Fd}",
            "-append", KernelCommandLine(launch),
            "-chardev", $"socket,id=console,fd={descriptors.Console.ChildFd}", "-serial", "chardev:console",
            "-chardev", $"socket,id=qmp,fd={descriptors.Monitor.ChildFd}", "-mon", "chardev=qmp,mode=control",
            "-device", string.Create(CultureInfo.InvariantCulture, $"virtio-serial-device,max_ports={launch.PortNames.Count + 2}"),
            "-chardev", $"socket,id=link,fd={descriptors.Link.ChildFd}",
            "-device", $"virtserialport,chardev=link,name={launch.LinkPortName}",
        ];
        for (int i = 0; i < launch.PortNames.Count; i++)
        {
            arguments.AddRange(["-chardev", string.Create(CultureInfo.InvariantCulture, $"socket,id=port{i},fd={descriptors.Ports[i].ChildFd}"), "-device", string.Create(CultureInfo.InvariantCulture, $"virtserialport,chardev=port{i},name={launch.PortNames[i]}")]);
        }

        arguments.AddRange(["-device", "virtio-rng-device"]);
        for (int i = 0; i < launch.Disks.Count; i++)
        {
            AddDisk(arguments, launch.Disks[i], i, descriptors.Disks[i]);
        }

        if (launch.Network is { } network && descriptors.Tap is { } tap)
        {
            arguments.AddRange(["-netdev", string.Create(CultureInfo.InvariantCulture, $"tap,id=net0,fd={tap.Fd}"), "-device", $"virtio-net-device,netdev=net0,guest_announce=off,mac={network.Station}"]);
        }

        if (launch.Limits?.PidsMax is { } threads)
        {
            // A worker that cannot be started ends QEMU; of itself it starts up to 64 of them.
            arguments.AddRange(["-object", string.Create(CultureInfo.InvariantCulture, $"main-loop,id=main-loop,thread-pool-max={Math.Min(64, threads - launch.Vcpus - VmLimits.OwnThreads)}")]);
        }

        if (launch.SavedState is not null)
        {
            // The saved stream has no configuration section: xen-save-devices-state writes none.
            arguments.AddRange(["-S", "-incoming", "defer", "-global", "migration.send-configuration=off"]);
        }

        return arguments;
    }

    /// <summary>The name and format of a layer of a disk, as block nodes are called.</summary>
    public static string NodeName(int disk, int layer) => string.Create(CultureInfo.InvariantCulture, $"disk{disk}-{layer}");

    /// <summary>A block node of one file, which is in the descriptor set of that number.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="format">How the file holds its blocks.</param>
    /// <param name="set">Descriptor set.</param>
    /// <param name="access">Read-only, or the options of a disk that is written.</param>
    /// <param name="backing">The node below; null for none.</param>
    public static string BlockNode(string node, DiskFormat format, int set, string access, string? backing)
    {
        string below = format == DiskFormat.Raw ? "" : $",backing={backing}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"driver={(format == DiskFormat.Raw ? "raw" : "qcow2")},node-name={node},{access}{below},file.driver=file,file.filename=/dev/fdset/{set},file.locking=off");
    }

    private static string MemoryObject(VmLaunch launch, QemuDescriptors descriptors)
    {
        string size = $"id=mem,size={launch.MemoryBytes >> 20}M";
        return launch.Memory is { } memory && descriptors.Memory is { } file
            ? $"memory-backend-file,{size},mem-path=/proc/self/fd/{file.Fd},share={(memory.Shared ? "on" : "off")}"
            : launch.HugePages ? $"memory-backend-memfd,{size},hugetlb=on,hugetlbsize=2M,share=off"
            : $"memory-backend-ram,{size}";
    }

    /// <summary>Left alone, the cache of translated code grows to 1 GiB (accel/tcg, 7.2) and the group's memory would end the VM.</summary>
    private static string TranslationCache(VmLaunch launch)
    {
        const long MostMib = 1024;
        return launch.Limits?.MemoryMaxBytes is { } most
            ? string.Create(CultureInfo.InvariantCulture, $",tb-size={Math.Min(MostMib, (most - VmLimits.LeastMemory(launch.MemoryBytes, launch.HugePages) + VmLimits.OverheadBytes - VmLimits.HeapBytes) >> 20)}")
            : "";
    }

    /// <summary>
    /// tsc_early_khz, tsc=reliable, lpj, no_timer_check: without them one boot in four under emulation on a busy host hangs for
    /// ever in timer calibration. mitigations=off under emulation only: an emulated CPU does not speculate.
    /// </summary>
    private static string KernelCommandLine(VmLaunch launch)
    {
        string line = "console=ttyS0,115200 quiet loglevel=4 panic=-1 reboot=t random.trust_cpu=on 8250.nr_uarts=1 cgroup_no_v1=all no_timer_check";
        if (!launch.Accel.UseKvm)
        {
            long kilohertz = HostClock.Kilohertz;
            line += string.Create(CultureInfo.InvariantCulture, $" tsc_early_khz={kilohertz} tsc=reliable lpj={kilohertz * 4} mitigations=off nokaslr");
        }

        return launch.KernelArguments.Length > 0 ? $"{line} {launch.KernelArguments}" : line;
    }

    private static void AddDisk(List<string> arguments, VmDisk disk, int index, IReadOnlyList<DiskDescriptor> layers)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            bool written = !disk.ReadOnly && i == layers.Count - 1;
            arguments.AddRange(["-add-fd", string.Create(CultureInfo.InvariantCulture, $"fd={layers[i].File.Fd},set={layers[i].Set}")]);
            arguments.AddRange(
            [
                "-blockdev",
                BlockNode(NodeName(index, i), disk.Layers[i].Format, layers[i].Set, written ? Written(disk.Durable) : "read-only=on", i > 0 ? NodeName(index, i - 1) : null)
                + (written ? ",file.discard=unmap" : ""),
            ]);
        }

        // werror=report: a full host disk is an I/O error in the guest, not a VM that stands still.
        string drive = NodeName(index, layers.Count - 1);
        arguments.AddRange(["-device", disk.ReadOnly ? $"virtio-blk-device,id=disk{index},drive={drive}" : $"virtio-blk-device,id=disk{index},drive={drive},werror=report,rerror=report"]);
    }

    private static string Written(bool durable) => $"discard=unmap,detect-zeroes=unmap,cache.no-flush={(durable ? "off" : "on")}";
}
