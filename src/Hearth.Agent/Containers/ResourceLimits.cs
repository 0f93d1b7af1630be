using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;

namespace Hearth.Agent.Containers;

/// <summary>Resource limits (setrlimit(2)) by the names that Docker and ulimit use.</summary>
internal static class ResourceLimits
{
    private const int OpenFiles = 7;
    private const ulong DefaultOpenFiles = 1048576;

    // include/uapi/asm-generic/resource.h: the index is the number.
    private static readonly string[] s_names =
    [
        "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime",
    ];

    public static void AddSteps(ChildProgram program, IReadOnlyList<UlimitSpec> limits)
    {
        program.SetLimit(OpenFiles, DefaultOpenFiles, DefaultOpenFiles, Tolerate.NotPermitted);
        foreach (UlimitSpec limit in limits)
        {
            program.SetLimit(Number(limit.Name), Value(limit.Soft), Value(limit.Hard));
        }
    }

    private static ulong Value(long limit) => limit < 0 ? ulong.MaxValue : (ulong)limit;

    private static int Number(string name)
    {
        int number = Array.IndexOf(s_names, name);
        return number >= 0 ? number : throw new HearthException("ulimit.unknown", $"There is no resource limit '{name}'.", $"Known are {string.Join(", ", s_names)}.");
    }
}
