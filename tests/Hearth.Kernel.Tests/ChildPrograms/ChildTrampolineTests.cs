using System.Diagnostics;
using Hearth.Linux.ChildPrograms;

namespace Hearth.Kernel.Tests.ChildPrograms;

public sealed class ChildTrampolineTests
{
    [SkippableFact]
    public void The_bytes_are_what_the_assembler_makes_of_the_listing()
    {
        Skip.IfNot(File.Exists("/usr/bin/as") && File.Exists("/usr/bin/objcopy"), "binutils are not installed");
        string directory = Directory.CreateTempSubdirectory("hearth-trampoline").FullName;
        try
        {
            File.WriteAllText($"{directory}/t.s", ChildTrampoline.Listing);
            Run("/usr/bin/as", "-o", $"{directory}/t.o", $"{directory}/t.s");
            Run("/usr/bin/objcopy", "-O", "binary", "-j", ".text", $"{directory}/t.o", $"{directory}/t.bin");
            Convert.ToHexString(ChildTrampoline.Code).ShouldBe(Convert.ToHexString(File.ReadAllBytes($"{directory}/t.bin")));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)) ?? throw new InvalidOperationException(program);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }
}
