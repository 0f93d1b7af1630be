using Hearth.Kernel.Tests.ChildPrograms;
using Hearth.Linux.Mounts;

namespace Hearth.Kernel.Tests.Mounts;

public sealed class ThreadRootTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-root-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [SkippableFact]
    public void A_thread_with_a_root_of_its_own_does_not_get_out_and_takes_nobody_along()
    {
        Child.RequireRoot();
        File.WriteAllText(Path.Combine(_directory, "here"), "inside");
        File.CreateSymbolicLink(Path.Combine(_directory, "absolute"), "/here");
        File.CreateSymbolicLink(Path.Combine(_directory, "upwards"), "../../../../here");
        List<string> seen = [];
        Thread thread = new(() =>
        {
            MountNamespace.EnterRoot(_directory);
            seen.AddRange([File.ReadAllText("/here"), File.ReadAllText("/absolute"), File.ReadAllText("/upwards"), Directory.Exists("/usr").ToString()]);
        });

        thread.Start();
        thread.Join();

        seen.ShouldBe(["inside", "inside", "inside", "False"]);
        File.Exists("/here").ShouldBeFalse("this thread has the root that it had");
    }
}
