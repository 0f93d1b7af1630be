using System.Diagnostics;

namespace Hearth.Posix.Tests;

[Trait("Kind", "kernel")]
public sealed class ReadOnlyTests
{
    [SkippableFact]
    public void A_read_only_bind_mount_meets_every_expectation()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "mounting needs root");
        string source = Directory.CreateTempSubdirectory("hearth-posix-").FullName;
        string mount = Directory.CreateTempSubdirectory("hearth-posix-").FullName;
        try
        {
            PosixSuite.PrepareReadOnly(source);
            Skip.IfNot(Run("mount", "-o", "bind,ro", source, mount), "this host does not let root mount");
            try
            {
                PosixResult result = PosixSuite.RunReadOnly(mount);

                result.Failures.ShouldBeEmpty(string.Join('\n', result.Failures));
                result.Passed.ShouldBeGreaterThan(50);
            }
            finally
            {
                Run("umount", mount).ShouldBeTrue();
            }
        }
        finally
        {
            Directory.Delete(mount);
            Directory.Delete(source, recursive: true);
        }
    }

    [Fact]
    public void A_mount_that_can_be_written_fails_it()
    {
        string directory = Directory.CreateTempSubdirectory("hearth-posix-").FullName;
        try
        {
            PosixSuite.PrepareReadOnly(directory);

            PosixSuite.RunReadOnly(directory).Failures.ShouldContain(failure => failure.Assertion == "mkdir" && failure.Expected == "EROFS");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
