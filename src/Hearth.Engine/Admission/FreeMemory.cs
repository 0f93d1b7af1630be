using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Units;
using Hearth.Linux.Memory;

namespace Hearth.Engine.Admission;

/// <summary>What the host can give to VMs.</summary>
public static class FreeMemory
{
    /// <summary>A size that stands for the host's; for tests.</summary>
    internal const string Variable = "HEARTH_AVAILABLE_MEMORY";

    /// <summary>Without swapping, in bytes.</summary>
    /// <exception cref="HearthException"><c>memory.override</c>.</exception>
    public static long AvailableBytes(Func<string, string?> variable) => Override(variable) ?? HostMemory.AvailableBytes();

    /// <summary>
    /// Refuses a start that could only fail: not even the engine's own memory is to be had, with swap. A booted VM may come to need its
    /// whole <c>-m</c>, but whether it will is its own matter; most never do, and memory that is promised twice is no error.
    /// </summary>
    /// <exception cref="HearthException"><c>memory.start</c>, <c>memory.override</c>.</exception>
    public static void RequireStart(string subject, Func<string, string?> variable) =>
        RequireStart(subject, Override(variable) ?? HostMemory.AvailableBytes() + HostMemory.SwapFreeBytes());

    internal static void RequireStart(string subject, long bytes)
    {
        if (bytes < VmLimits.HeapBytes)
        {
            throw new HearthException(
                "memory.start",
                $"{subject} cannot be started: that takes {new ByteSize(VmLimits.HeapBytes)} of memory before the guest has any; the host has {new ByteSize(bytes)} to give, swap included.",
                "Release some: 'hearth suspend VM' keeps a VM on disk, 'hearth pool rm' ends those that stand ready.");
        }
    }

    private static long? Override(Func<string, string?> variable) => variable(Variable) is not { Length: > 0 } text ? null
        : ByteSize.TryParse(text, out ByteSize size) ? size.Bytes
        : throw new HearthException("memory.override", $"{Variable}={text}: not a size.", $"Unset {Variable}; it is for tests.");
}
