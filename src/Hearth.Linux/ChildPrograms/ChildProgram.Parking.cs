using Hearth.Linux.Abi;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.ChildPrograms;

// Theory of operation
//
// Most of what a container's child does before it becomes a program (namespaces, two dozen mounts, devices) does not depend on
// the program. Parking lets that be done ahead, before the guest is frozen as a template, and the rest when the command is known:
//
//   steps ... Park() ... LaunchParked()      the child makes the steps, says so on one pipe, and reads from another
//   more steps ... Continue()                they are written behind the place where it stands, and it goes on
//
// The child shares the caller's memory until it becomes another program (CLONE_VM), so it sees steps that are written later. The
// thread that made it stands in clone3 as long (CLONE_VFORK), so it is lent for that. Descriptors are copied at the
// clone: what later steps use must be open by then. Pid and pidfd are there from the clone on (CLONE_PARENT_SETTID,
// CLONE_PIDFD), not only when the thread comes back.

/// <summary>Children that stand still until the rest of their steps is known.</summary>
public sealed unsafe partial class ChildProgram
{
    /// <summary>Room for steps after the place where a child stands: those of a process are some 150.</summary>
    private const int MostLaterSteps = 1024;

    /// <summary>What the thread writes when clone3 has returned; the child writes another byte before.</summary>
    private const byte ThreadIsBack = (byte)'.';

    private SafeFileHandle? _standingRead;
    private SafeFileHandle? _standingWrite;
    private SafeFileHandle? _goRead;
    private SafeFileHandle? _goWrite;
    private LaunchMemory* _parked;
    private bool _back;
    private long _clonedPid;
    private int _stands;

    /// <summary>The place where the child stands still. Once, and then <see cref="LaunchParked"/> makes the child.</summary>
    public void Park()
    {
        (_standingRead, _standingWrite) = Descriptors.Pipe();
        (_goRead, _goWrite) = Descriptors.Pipe();
        Add("close", "the parent's end", Unistd.NR_close, _goWrite.DangerousGetHandle());
        Add("write", "that it stands", Unistd.NR_write, _standingWrite.DangerousGetHandle(), Text("!"), 1);
        Add("read", "whether to go on", Unistd.NR_read, _goRead.DangerousGetHandle(), Text(" "), 1);
        _stands = _entries.Count;
    }

    /// <summary>Makes the child and waits until it stands at its place.</summary>
    /// <param name="options">How it is made.</param>
    /// <param name="thread">Runs work on a thread that may block until the child runs; at once.</param>
    /// <exception cref="ChildProgramException">A step failed.</exception>
    /// <exception cref="ErrnoException">The child could not be made.</exception>
    public ChildProcess LaunchParked(LaunchOptions options, Action<Action> thread)
    {
        _parked = Lay(options, MostLaterSteps);
        thread(() => LaunchAndWait(options));
        if (Hear() == ThreadIsBack)
        {
            ThrowIfFailed(_parked, _clonedPid);
        }

        return new ChildProcess(_parked->Pid, new SafeFileHandle(_parked->ProcessDescriptor, ownsHandle: true));
    }

    /// <summary>Has the child make the steps that were added since, and waits until it has become another program.</summary>
    /// <exception cref="ChildProgramException">A step failed. The child is gone; its pidfd belongs to who got it.</exception>
    public void Continue()
    {
        WriteTable(_parked, _stands, _stands + 1 + MostLaterSteps);
        new DescriptorStream(_goWrite!).Write("!"u8);
        WaitForThread();
        if (_parked->Block.FailedIndex >= 0)
        {
            throw Failure(_parked->Block);
        }
    }

    private void LaunchAndWait(LaunchOptions options)
    {
        _clonedPid = CloneIn(options.PidNamespace, &_parked->Block);
        GC.KeepAlive(options);
        new DescriptorStream(_standingWrite!).Write([ThreadIsBack]);
    }

    /// <summary>Waits for a byte: from the child that it stands, or from the thread that made it that the child runs or is gone.</summary>
    private byte Hear()
    {
        byte said = 0;
        new DescriptorStream(_standingRead!).ReadExactly(new Span<byte>(ref said));
        _back = said == ThreadIsBack;
        return said;
    }

    private void WaitForThread()
    {
        while (!_back)
        {
            Hear();
        }
    }

    /// <summary>A child that still stands reads the end of its pipe, meets the end of its table, and ends.</summary>
    private void EndParking()
    {
        _goWrite?.Dispose();
        if (_parked is not null)
        {
            WaitForThread();
        }

        _standingRead?.Dispose();
        _standingWrite?.Dispose();
        _goRead?.Dispose();
    }
}
