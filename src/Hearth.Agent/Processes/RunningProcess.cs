using Hearth.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Processes;

/// <summary>A process that was started and is watched.</summary>
/// <param name="Pid">In the guest's root namespace.</param>
/// <param name="Handle">Its pidfd; readable once it has ended.</param>
/// <param name="Exit">Completes when it was collected.</param>
internal sealed record RunningProcess(int Pid, SafeFileHandle Handle, Task<ChildStatus> Exit);
