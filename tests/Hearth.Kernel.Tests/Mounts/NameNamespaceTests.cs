using Hearth.Kernel.Tests.ChildPrograms;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Mounts;
using Hearth.Linux.Processes;

namespace Hearth.Kernel.Tests.Mounts;

public sealed class NameNamespaceTests
{
    [SkippableFact]
    public void A_process_gets_another_name_and_the_caller_keeps_its_own()
    {
        Child.RequireRoot();
        string before = Environment.MachineName;
        using ChildProgram holder = new();
        holder.SetHostname("first");
        holder.Execute(["/bin/sleep"], ["sleep", "60"], []);
        ChildProcess child = holder.Launch(new LaunchOptions { NewNamespaces = true });
        try
        {
            NameNamespace.SetHostname(child.Handle, "second");
            Child.Shell("hostname", p => p.EnterNamespaces(child.Handle)).Output.ShouldBe("second");
            Environment.MachineName.ShouldBe(before);
            File.ResolveLinkTarget("/proc/thread-self/ns/uts", false)!.Name.ShouldBe(File.ResolveLinkTarget($"/proc/{Environment.ProcessId}/ns/uts", false)!.Name);
        }
        finally
        {
            Children.Signal(child.Pid, 9);
            Children.Wait(child.Pid, out _);
            child.Handle.Dispose();
        }
    }
}
