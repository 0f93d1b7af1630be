using Hearth.Core.Specs;
using Hearth.Linux.Processes;

namespace Hearth.Agent.Processes;

/// <summary>One way to start a process: the container itself, in the container, in the guest.</summary>
internal interface ILaunch
{
    ProcessSpec Process { get; }

    /// <summary>Others enter the process's namespaces by its descriptor, so it stays open when its session has ended.</summary>
    bool KeepsHandle { get; }

    /// <summary>Makes the standard streams; once, before <see cref="Launch"/>.</summary>
    StandardStreams OpenStreams();

    /// <summary>Makes the process with these standard streams.</summary>
    /// <exception cref="Hearth.Core.Errors.HearthException">With the exit code that Docker gives.</exception>
    RunningProcess Launch(Reaper reaper, StandardStreams streams);

    /// <summary>Called once, after the process has ended and its output was read.</summary>
    /// <returns>Whether the kernel killed it, or a process of its container, for want of memory.</returns>
    bool Ended(ChildStatus status);
}
