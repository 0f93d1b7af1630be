using System.Text;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.ChildPrograms;

/// <summary>Steps on what the process is: namespaces, session, credentials, limits, program.</summary>
public sealed unsafe partial class ChildProgram
{
    /// <summary>Enters the mount, UTS, IPC and cgroup namespaces of a process; its root becomes the child's (setns(2), pidfd since 5.8).</summary>
    public void EnterNamespaces(SafeFileHandle pidfd) => Add(
        "setns",
        "the container's namespaces",
        Unistd.NR_setns,
        pidfd.DangerousGetHandle(),
        (nint)(Sched.CLONE_NEWNS | Sched.CLONE_NEWUTS | Sched.CLONE_NEWIPC | Sched.CLONE_NEWCGROUP));

    /// <summary>A cgroup namespace whose root is the cgroup the child was born in.</summary>
    public void NewCgroupNamespace() => Add("unshare", "the cgroup namespace", Unistd.NR_unshare, (nint)Sched.CLONE_NEWCGROUP);

    public void SetHostname(string name) =>
        Add("sethostname", name, Unistd.NR_sethostname, Text(name), Encoding.UTF8.GetByteCount(name));

    public void NewSession() => Add("setsid", "a session", Unistd.NR_setsid);

    /// <summary>Makes descriptor 0 the controlling terminal of the new session.</summary>
    public void TakeTerminal() => Add("ioctl", "the controlling terminal", Unistd.NR_ioctl, Zero, (nint)Ioctls.TIOCSCTTY, 0);

    public void SetLimit(int resource, ulong soft, ulong hard, Tolerate tolerate = Tolerate.None) =>
        Add("prlimit", $"resource {resource}", Unistd.NR_prlimit64, 0, resource, Value((soft, hard)), 0, tolerate: tolerate);

    /// <summary>Drops what is not in <paramref name="kept"/> (one bit each) from the bounding set.</summary>
    public void BoundCapabilities(ulong kept, int last)
    {
        for (int capability = 0; capability <= last; capability++)
        {
            if ((kept & (1UL << capability)) == 0)
            {
                // Invalid: a kernel that does not know the capability has it in no set.
                Add("prctl", $"bounding capability {capability}", Unistd.NR_prctl, Prctl.PR_CAPBSET_DROP, capability, tolerate: Tolerate.Invalid);
            }
        }
    }

    /// <summary>The child is killed when the thread that made it ends (prctl(2), PR_SET_PDEATHSIG): see <see cref="Processes.SpawnThread"/>.</summary>
    public void DieWithParent() => Add("prctl", "PR_SET_PDEATHSIG", Unistd.NR_prctl, Prctl.PR_SET_PDEATHSIG, Signals.SIGKILL);

    /// <summary>The program's memory is of small pages only (prctl(2), PR_SET_THP_DISABLE; kept over execve): tables with little in them stay little.</summary>
    public void WithoutHugePages() => Add("prctl", "PR_SET_THP_DISABLE", Unistd.NR_prctl, Prctl.PR_SET_THP_DISABLE, 1);

    /// <summary>The groups, then the group, then the user: each needs the privilege that the next one takes away.</summary>
    public void SetIdentity(uint user, uint group, IReadOnlyList<uint> groups)
    {
        uint* list = (uint*)Allocate(Math.Max(1, groups.Count) * sizeof(uint));
        for (int i = 0; i < groups.Count; i++)
        {
            list[i] = groups[i];
        }

        Add("setgroups", "the supplementary groups", Unistd.NR_setgroups, groups.Count, (nint)list);
        Add("setresgid", group.ToString(System.Globalization.CultureInfo.InvariantCulture), Unistd.NR_setresgid, (nint)group, (nint)group, (nint)group);
        Add("setresuid", user.ToString(System.Globalization.CultureInfo.InvariantCulture), Unistd.NR_setresuid, (nint)user, (nint)user, (nint)user);
    }

    /// <summary>Permitted and effective sets; nothing is inheritable.</summary>
    public void SetCapabilities(ulong set)
    {
        nint header = Value(new Prctl.cap_user_header { version = Prctl.LINUX_CAPABILITY_VERSION_3 });
        Prctl.cap_user_data low = new() { effective = (uint)set, permitted = (uint)set };
        Prctl.cap_user_data high = new() { effective = (uint)(set >> 32), permitted = (uint)(set >> 32) };
        Add("capset", "the capabilities", Unistd.NR_capset, header, Value((low, high)));
    }

    /// <summary>
    /// Default actions for every signal, and nothing blocked. CLONE_CLEAR_SIGHAND leaves ignored ones ignored: the runtime
    /// ignores SIGPIPE, and whoever started this program may have ignored others (nohup does SIGHUP).
    /// </summary>
    public void ResetSignals()
    {
        nint none = Value((0UL, 0UL, 0UL, 0UL));
        for (int signal = 1; signal <= Signals.LastStandard; signal++)
        {
            if (signal is not (Signals.SIGKILL or Signals.SIGSTOP))
            {
                Add("rt_sigaction", "a signal", Unistd.NR_rt_sigaction, signal, none, 0, Signals.SignalSetBytes);
            }
        }

        Add("rt_sigprocmask", "the mask", Unistd.NR_rt_sigprocmask, Signals.SIG_SETMASK, none, 0, Signals.SignalSetBytes);
    }

    /// <summary>Becomes the first of the programs that can be run.</summary>
    /// <param name="paths">Absolute, or relative to the directory of the child by then.</param>
    /// <param name="arguments">argv, with the program's name first.</param>
    /// <param name="environment">NAME=value entries.</param>
    /// <param name="tolerate">Errors after which the next path is tried.</param>
    public void Execute(IReadOnlyList<string> paths, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, Tolerate tolerate = Tolerate.None)
    {
        nint argv = Texts(arguments);
        nint envp = Texts(environment);
        foreach (string path in paths)
        {
            Add("execve", path, Unistd.NR_execve, Text(path), argv, envp, tolerate: tolerate);
        }
    }
}
