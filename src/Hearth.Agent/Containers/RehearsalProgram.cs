using System.Globalization;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Containers;

/// <summary>
/// The program of a rehearsal: the guest's busybox, by a descriptor, since a container's root does not have it. A first process
/// that stands ready has the descriptors that were open when it was made, so it is open before the first and stays open.
/// </summary>
internal static class RehearsalProgram
{
    private static SafeFileHandle? s_busybox;

    /// <summary>Where a container's process finds it, /proc being its own.</summary>
    public static string Path => "/proc/self/fd/" + s_busybox!.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);

    /// <summary>Before a process is made that may run it.</summary>
    public static void Open() => s_busybox ??= Descriptors.OpenRead("/bin/busybox");
}
