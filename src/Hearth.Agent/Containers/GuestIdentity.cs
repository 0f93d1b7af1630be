using System.Text;
using Hearth.Agent.Boot;
using Hearth.Linux.Files;
using Hearth.Linux.Mounts;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Containers;

/// <summary>What makes a copy of a guest somebody else: the names that its container sees.</summary>
internal static class GuestIdentity
{
    private const string MachineIdFile = "/etc/machine-id";

    /// <summary>Gives a container that runs, or the root that one will have, its names.</summary>
    public static void Apply(Container? container, string hostname, string machineId)
    {
        if (container is null)
        {
            using RootedDirectory root = RootedDirectory.Open(GuestPaths.ContainerRoot);
            WriteMachineId(root, machineId);
            return;
        }

        WriteMachineId(container.Root, machineId);
        NameNamespace.SetHostname(container.Init.Handle, hostname);
    }

    /// <summary>Whether a root has the file; asked of an image whose container has not run.</summary>
    public static bool HasMachineId(RootedDirectory root)
    {
        using SafeFileHandle? file = root.TryOpenWrite(MachineIdFile);
        return file is not null;
    }

    /// <summary>Only where the image has such a file: most have none, and then nobody asks.</summary>
    private static void WriteMachineId(RootedDirectory root, string machineId)
    {
        using SafeFileHandle? file = root.TryOpenWrite(MachineIdFile);
        if (file is not null)
        {
            DescriptorStream stream = new(file);
            stream.Write(Encoding.ASCII.GetBytes(machineId + "\n"));
        }
    }
}
