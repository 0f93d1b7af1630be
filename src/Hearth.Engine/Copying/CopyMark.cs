using System.Text;
using Hearth.Core.Errors;
using Hearth.Engine.Store;
using Hearth.Linux.Files;

namespace Hearth.Engine.Copying;

/// <summary>
/// A file in the directory of a VM that does not run: a guest serves copies from and to its disk. The state says nothing of that,
/// and stays what it was; so the mark is what leads to the guest. It names the VMM's groups, with colons between. One whose
/// owner was killed is removed by whoever reads the VM next.
/// </summary>
public static class CopyMark
{
    private const string Name = "copying";

    /// <summary>Whether a guest serves copies of the VM now.</summary>
    public static bool IsHeld(VmModel vm) => IsHeld(vm.Directory);

    /// <summary>What keeps others from the VM meanwhile.</summary>
    public static HearthException Busy(VmModel vm) => new(
        "vm.copying", $"VM {vm.Name} is busy: 'hearth cp' copies its files.", $"Wait for its end; 'hearth rm -f {vm.Name}' ends it, with the VM.", 1);

    /// <summary>Where the console of the guest goes.</summary>
    internal static string ConsoleLog(VmModel vm) => Path.Combine(vm.Directory, "copying-console.log");

    /// <remarks>Preconditions: the supervisor's lock is held.</remarks>
    internal static void Write(VmModel vm, IEnumerable<string> cgroups) =>
        AtomicFile.Write(PathIn(vm.Directory), Encoding.UTF8.GetBytes(string.Join(':', cgroups)), durable: false);

    /// <remarks>Preconditions: the supervisor's lock is held, and nothing of the guest runs.</remarks>
    internal static void Remove(string directory)
    {
        if (Directory.Exists(directory))
        {
            File.Delete(PathIn(directory));
            File.Delete(Path.Combine(directory, "copying-console.log"));
        }
    }

    /// <summary>Ends and frees what a killed supervisor of copies left. Doing it twice is harmless.</summary>
    internal static void Sweep(string directory, string id)
    {
        if (!File.Exists(PathIn(directory)))
        {
            return;
        }

        using FileLock? turn = FileLock.TryAcquire(VmModel.SupervisorLockIn(directory), FileLockMode.Shared);
        if (turn is null)
        {
            return;
        }

        try
        {
            Reconciler.Release(id, File.ReadAllText(PathIn(directory)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return; // Somebody else did it first.
        }

        File.Delete(Path.Combine(directory, "control.sock"));
        Remove(directory);
    }

    internal static bool IsHeld(string directory)
    {
        if (!File.Exists(PathIn(directory)))
        {
            return false;
        }

        using FileLock? free = FileLock.TryAcquire(VmModel.SupervisorLockIn(directory), FileLockMode.Shared);
        return free is null;
    }

    private static string PathIn(string directory) => Path.Combine(directory, Name);
}
