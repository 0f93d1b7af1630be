using Hearth.Bench.Measurement;
using Hearth.Core.Specs;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;

namespace Hearth.Bench.Floors;

/// <summary>
/// The command line of a running VM's QEMU, to start bare copies of it. It is read from /proc/PID/cmdline, so that the floor has
/// what the subject has, flag by flag; only what was handed over as an open descriptor becomes the file behind it, and
/// the monitor is left out of a machine that boots: nobody would use it.
/// </summary>
internal sealed class MachineTemplate
{
    private const string DescriptorPath = "/proc/self/fd/";
    private const string MemoryPath = "mem-path=";
    private readonly IReadOnlyList<string> _arguments;

    private MachineTemplate(string program, IReadOnlyList<string> arguments, string initramfs, string rootImage, string writableDisk, FrozenMachine? frozen)
    {
        Program = program;
        _arguments = arguments;
        Initramfs = initramfs;
        RootImage = rootImage;
        WritableDisk = writableDisk;
        Frozen = frozen;
    }

    public string Program { get; }

    /// <summary>The cpio that the VM was started with.</summary>
    public string Initramfs { get; }

    /// <summary>The image's read-only block image.</summary>
    public string RootImage { get; }

    /// <summary>A writable disk to copy.</summary>
    public string WritableDisk { get; }

    /// <summary>What copies go on from; null when they boot.</summary>
    public FrozenMachine? Frozen { get; }

    /// <summary>Of a VM that was booted.</summary>
    /// <exception cref="BenchException">The command line is not one that this knows to change.</exception>
    public static MachineTemplate Read(VmModel vm, string unusedDisk) => Read(vm, unusedDisk, null);

    /// <summary>Of a VM that was restored from a template.</summary>
    /// <exception cref="BenchException">The command line is not one that this knows to change.</exception>
    public static MachineTemplate ReadRestored(VmModel vm, FrozenState template)
    {
        MachineTemplate machine = Read(vm, template.DiskLayers[0].Path, new FrozenMachine(template.MemoryPath, template.DevicePath));
        return machine._arguments.Contains("-incoming") && machine._arguments.Any(static argument => argument.Contains(MemoryPath, StringComparison.Ordinal))
            ? machine
            : throw new BenchException($"VM {vm.Name} was not restored: there is no floor of a restore.");
    }

    private static MachineTemplate Read(VmModel vm, string disk, FrozenMachine? frozen)
    {
        ProcessIdentity process = vm.State.Vmm ?? throw new BenchException($"VM {vm.Name} has no VMM process.");
        string[] line = File.ReadAllText($"/proc/{process.Pid}/cmdline").TrimEnd('\0').Split('\0');
        string[] arguments = [.. line.Skip(1).Select(argument => ResolveDescriptor(process.Pid, argument))];
        string initramfs = arguments[Array.IndexOf(arguments, "-initrd") + 1];
        string root = OpenFiles(process.Pid).FirstOrDefault(static path => Path.GetFileName(path).StartsWith("root.", StringComparison.Ordinal))
            ?? throw new BenchException($"QEMU of VM {vm.Name} has no root image open.");
        return new MachineTemplate(line[0], arguments, initramfs, root, disk, frozen);
    }

    /// <summary>The command line of a copy.</summary>
    /// <param name="directory">Holds the copy's sockets, console and disk.</param>
    /// <param name="initramfs">In place of the VM's own.</param>
    /// <param name="tap">As of <see cref="BareLaunch.Interface"/>; null for one that leads nowhere.</param>
    public IReadOnlyList<string> ArgumentsFor(BareMachineFiles directory, string initramfs, string? tap = null)
    {
        List<string> result = [];
        for (int i = 0; i < _arguments.Count; i++)
        {
            string argument = _arguments[i];
            string value = i + 1 < _arguments.Count ? _arguments[i + 1] : "";
            bool isMonitor = argument == "-mon" || (argument == "-chardev" && value.StartsWith("socket,id=qmp", StringComparison.Ordinal));
            if (argument == "-add-fd" || (isMonitor && Frozen is null))
            {
                i++;
            }
            else
            {
                result.Add(argument == Initramfs ? initramfs : BareNetwork.Is(argument) ? BareNetwork.Argument(tap) : Redirect(argument, directory));
            }
        }

        return result.Exists(static argument => argument.Contains("/dev/fdset/", StringComparison.Ordinal) || argument.Contains(DescriptorPath, StringComparison.Ordinal))
            ? throw new BenchException("QEMU's command line names a descriptor that the floor does not know.")
            : result;
    }

    private string Redirect(string argument, BareMachineFiles files) => argument switch
    {
        _ when argument.StartsWith("socket,id=link", StringComparison.Ordinal) => $"socket,id=link,path={files.LinkSocket}",
        _ when argument.StartsWith("socket,id=qmp", StringComparison.Ordinal) => $"socket,id=qmp,path={files.MonitorSocket}",
        _ when argument.StartsWith("socket,id=console", StringComparison.Ordinal) => $"file,id=console,path={files.Console}",
        _ when Frozen is not null && argument.StartsWith("memory-backend-file", StringComparison.Ordinal) => RedirectMemory(argument, Frozen.Memory),
        _ => argument
            .Replace("/dev/fdset/1,", RootImage + ",", StringComparison.Ordinal)
            .Replace("/dev/fdset/2,", files.WritableDisk + ",", StringComparison.Ordinal),
    };

    private static string RedirectMemory(string argument, string memory) =>
        string.Join(',', argument.Split(',').Select(part => part.StartsWith(MemoryPath, StringComparison.Ordinal) ? MemoryPath + memory : part));

    private static string ResolveDescriptor(int pid, string argument) => argument.StartsWith(DescriptorPath, StringComparison.Ordinal)
        ? File.ResolveLinkTarget($"/proc/{pid}/fd/{argument[DescriptorPath.Length..]}", returnFinalTarget: false)?.FullName ?? argument
        : argument;

    private static IEnumerable<string> OpenFiles(int pid) =>
        Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Select(static link => new FileInfo(link).LinkTarget ?? "");
}
