using Hearth.Bench.Measurement;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Bench.Floors;

/// <summary>
/// The command line of a running VM's QEMU, to start bare copies of it. It is read from /proc/PID/cmdline, so that the floor has
/// what the subject has, flag by flag; only what was handed over as an open descriptor becomes the file behind it, and
/// the monitor, which nobody would use, is left out.
/// </summary>
internal sealed class MachineTemplate
{
    private const string DescriptorPath = "/proc/self/fd/";
    private readonly IReadOnlyList<string> _arguments;

    private MachineTemplate(string program, IReadOnlyList<string> arguments, string initramfs, string rootImage, string writableDisk)
    {
        Program = program;
        _arguments = arguments;
        Initramfs = initramfs;
        RootImage = rootImage;
        WritableDisk = writableDisk;
    }

    public string Program { get; }

    /// <summary>The cpio that the VM was started with.</summary>
    public string Initramfs { get; }

    /// <summary>The image's read-only block image.</summary>
    public string RootImage { get; }

    /// <summary>An unused writable disk to copy.</summary>
    public string WritableDisk { get; }

    /// <exception cref="BenchException">The command line is not one that this knows to change.</exception>
    public static MachineTemplate Read(VmModel vm, string unusedDisk)
    {
        ProcessIdentity process = vm.State.Vmm ?? throw new BenchException($"VM {vm.Name} has no VMM process.");
        string[] line = File.ReadAllText($"/proc/{process.Pid}/cmdline").TrimEnd('\0').Split('\0');
        string[] arguments = [.. line.Skip(1).Select(argument => ResolveDescriptor(process.Pid, argument))];
        string initramfs = arguments[Array.IndexOf(arguments, "-initrd") + 1];
        string root = OpenFiles(process.Pid).FirstOrDefault(static path => Path.GetFileName(path).StartsWith("root.", StringComparison.Ordinal))
            ?? throw new BenchException($"QEMU of VM {vm.Name} has no root image open.");
        return new MachineTemplate(line[0], arguments, initramfs, root, unusedDisk);
    }

    /// <summary>The command line of a copy.</summary>
    /// <param name="directory">Holds the copy's socket, console and disk.</param>
    /// <param name="initramfs">In place of the VM's own.</param>
    public IReadOnlyList<string> ArgumentsFor(BareMachineFiles directory, string initramfs)
    {
        List<string> result = [];
        for (int i = 0; i < _arguments.Count; i++)
        {
            string argument = _arguments[i];
            string value = i + 1 < _arguments.Count ? _arguments[i + 1] : "";
            bool dropped = argument is "-add-fd" or "-mon" || (argument == "-chardev" && value.StartsWith("socket,id=qmp", StringComparison.Ordinal));
            if (dropped)
            {
                i++;
            }
            else
            {
                result.Add(argument == Initramfs ? initramfs : Redirect(argument, directory));
            }
        }

        return result.Exists(static argument => argument.Contains("/dev/fdset/", StringComparison.Ordinal))
            ? throw new BenchException("QEMU's command line names a descriptor that the floor does not know.")
            : result;
    }

    private string Redirect(string argument, BareMachineFiles files) => argument switch
    {
        _ when argument.StartsWith("socket,id=link", StringComparison.Ordinal) => $"socket,id=link,path={files.LinkSocket}",
        _ when argument.StartsWith("socket,id=console", StringComparison.Ordinal) => $"file,id=console,path={files.Console}",
        _ => argument
            .Replace("/dev/fdset/1,", RootImage + ",", StringComparison.Ordinal)
            .Replace("/dev/fdset/2,", files.WritableDisk + ",", StringComparison.Ordinal),
    };

    private static string ResolveDescriptor(int pid, string argument) => argument.StartsWith(DescriptorPath, StringComparison.Ordinal)
        ? File.ResolveLinkTarget($"/proc/{pid}/fd/{argument[DescriptorPath.Length..]}", returnFinalTarget: false)?.FullName ?? argument
        : argument;

    private static IEnumerable<string> OpenFiles(int pid) =>
        Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Select(static link => new FileInfo(link).LinkTarget ?? "");
}
