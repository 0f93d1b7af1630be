using Hearth.Bench.Measurement;
using Hearth.Core.Storage;

namespace Hearth.Bench.Floors;

/// <summary>Writable disks for bare machines.</summary>
internal static class Disks
{
    /// <summary>The empty disk that VMs of a home start from.</summary>
    /// <exception cref="BenchException">No VM was started yet.</exception>
    public static string Unused(HearthPaths paths) =>
        Directory.EnumerateFiles(paths.DiskTemplates, "*.img").OrderBy(static path => path, StringComparer.Ordinal).FirstOrDefault()
        ?? throw new BenchException($"There is no disk in {paths.DiskTemplates}.");
}
