using Hearth.Linux.Guest;
using Hearth.Linux.Mounts;
using Hearth.Linux.Processes;

namespace Hearth.Agent.Boot;

/// <summary>The way out: kill, sync, make the disk clean, power off.</summary>
internal static class PowerSwitch
{
    private const int Kill = 9;

    /// <summary>Returns, with a failure, only when the machine cannot be powered off.</summary>
    public static int Off()
    {
        if (Environment.ProcessId != 1)
        {
            return 1;
        }

        // Everybody but us (kill(2), pid -1). The supervisor has asked the container to stop long before.
        _ = Children.Signal(-1, Kill);
        FileSystems.Sync();
        _ = FileSystems.TryDetach(GuestPaths.ContainerRoot);
        if (!FileSystems.TryUnmount(GuestPaths.Disk))
        {
            // Killed processes may still hold files for a moment: a read-only disk is as clean as an unmounted one.
            _ = FileSystems.TryRemountReadOnly(GuestPaths.Disk);
            FileSystems.Sync();
        }

        GuestConsole.Say($"hearth-agent: {GuestKernel.PowerOff().Message}");
        return 1;
    }
}
