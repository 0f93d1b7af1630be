using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.ChildPrograms;

/// <summary>A child that runs.</summary>
/// <param name="Pid">As the caller's PID namespace sees it.</param>
/// <param name="Handle">A pidfd (pidfd_open(2)), readable once the child has ended; it stays good when the pid is free again. The receiver owns it.</param>
public readonly record struct ChildProcess(int Pid, SafeFileHandle Handle);
