using System.Diagnostics;
using Hearth.Linux.Memory;

namespace Hearth.Kernel.Tests.Memory;

public sealed class TransparentHugePagesTests
{
    [Fact]
    public void What_is_started_without_them_has_none_and_what_is_started_later_may()
    {
        // proc_pid_status(5), since 5.0.
        TransparentHugePages.StartWithout(Allowed).ShouldBe("THP_enabled:\t0\n");
        Allowed().ShouldBe("THP_enabled:\t1\n");
    }

    private static string Allowed()
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec grep THP_enabled /proc/self/status"]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
