using System.Text;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Kernel.Tests.ChildPrograms;

/// <summary>Runs a shell as a child program and returns what it printed.</summary>
internal static class Child
{
    public static (string Output, ChildStatus Status) Shell(string script, Action<ChildProgram>? steps = null, LaunchOptions? options = null)
    {
        using ChildProgram program = new();
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        using DescriptorStream output = new(read);
        program.OpenAsZero("/dev/null", write: false);
        program.Duplicate((int)write.DangerousGetHandle(), 1);
        program.Duplicate((int)write.DangerousGetHandle(), 2);
        program.CloseOthersOnExec();
        steps?.Invoke(program);
        program.ResetSignals();
        program.Execute(["/bin/sh"], ["sh", "-c", script], ["PATH=/usr/bin:/bin"]);
        try
        {
            ChildProcess child = program.Launch(options ?? new LaunchOptions());
            child.Handle.Dispose();
            write.Dispose();
            MemoryStream all = new();
            output.CopyTo(all);
            Children.Wait(child.Pid, out ChildStatus status).ShouldBeTrue();
            return (Encoding.UTF8.GetString(all.ToArray()).TrimEnd(), status);
        }
        finally
        {
            write.Dispose();
        }
    }

    public static void RequireRoot() => Skip.IfNot(Environment.IsPrivilegedProcess, "needs root");
}
