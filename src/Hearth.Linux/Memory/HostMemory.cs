using System.Globalization;

namespace Hearth.Linux.Memory;

/// <summary>The host's memory, from proc_meminfo(5).</summary>
public static class HostMemory
{
    /// <summary>What could be had without swapping (MemAvailable), in bytes.</summary>
    public static long AvailableBytes()
    {
        const string Field = "MemAvailable:";
        string line = File.ReadLines("/proc/meminfo").First(static line => line.StartsWith(Field, StringComparison.Ordinal));
        return long.Parse(line[Field.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture) * 1024;
    }
}
