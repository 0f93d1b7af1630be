using Hearth.Linux.Files;

namespace Hearth.Engine.Store;

// Theory of operation
//
// A VM that `run` or `fork` makes is made, then started, and nobody wants one that was only made. Its directory is born with the file
// `first-start`, which the command that makes it holds locked until the VM runs:
//
//   file, lock held              the command is at work
//   file, lock free, no owner    the command died: whoever reads the VM next removes it (VmStore)
//   file, lock free, supervisor  the command died and the supervisor has not seen it yet: it ends the VM, see above
//   no file                      a VM like any other
//
// The supervisor removes the file when it hears that the VM lives on without its starter, so the command's death counts up to
// that very byte. A foreground run never says so: there it is removed when the container has started. The command removes it
// when the start failed: then the VM stays, to say why.

/// <summary>The hold of a command on a VM that is to be there only if it starts.</summary>
public sealed class FirstStart : IDisposable
{
    private const string Name = "first-start";

    private readonly FileLock _owner;

    private FirstStart(FileLock owner) => _owner = owner;

    /// <summary>Marks a VM.</summary>
    /// <remarks>Preconditions: nobody sees the VM's directory yet.</remarks>
    public static FirstStart Mark(VmModel unseen) => new(FileLock.TryAcquire(PathIn(unseen.Directory))!);

    /// <summary>The VM has been started, or stays although it was not. Doing it twice is harmless.</summary>
    public static void Done(VmModel vm)
    {
        try
        {
            File.Delete(PathIn(vm.Directory));
        }
        catch (DirectoryNotFoundException)
        {
            // It has ended already, and went with its end (--rm).
        }
    }

    /// <summary>Lets go. A VM whose start is not done is removed by whoever reads it next.</summary>
    public void Dispose() => _owner.Dispose();

    /// <summary>The lock of the mark and of the VM's supervisor, when the VM's maker died before it ran; else null.</summary>
    /// <param name="directory">Of a VM without a supervisor, when that was last looked at.</param>
    internal static IDisposable? TryTakeAbandoned(string directory)
    {
        string path = PathIn(directory);
        if (!File.Exists(path) || FileLock.TryAcquireExisting(path) is not { } owner)
        {
            return null;
        }

        // It may have been done between the two looks, and then the lock is that of a file without a name.
        if (File.Exists(path) && FileLock.TryAcquire(VmModel.SupervisorLockIn(directory)) is { } supervisor)
        {
            return new Taken(owner, supervisor);
        }

        owner.Dispose();
        return null;
    }

    private static string PathIn(string directory) => Path.Combine(directory, Name);

    private sealed record Taken(FileLock Owner, FileLock Supervisor) : IDisposable
    {
        public void Dispose()
        {
            Supervisor.Dispose();
            Owner.Dispose();
        }
    }
}
