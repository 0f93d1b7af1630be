using System.Runtime.InteropServices;
using System.Text;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.ChildPrograms;

// Theory of operation
//
// A child program is a table of system calls that a new process makes, in order, before it becomes another program. C#
// writes the table into unmanaged memory; a few bytes of machine code (ChildTrampoline) clone with CLONE_VM|CLONE_VFORK and
// run it in the child. So no managed code runs in a forked copy of a managed process (which is undefined: its other threads
// are gone), nothing is copied, and there is no helper program to load, which costs 50-100 ms in an emulated guest.
//
// Every step is one call. An error that the step does not tolerate ends the child with status 127 and tells the parent which
// step it was: "mount proc on /proc: operation not permitted". A step that may fail is simply tolerated, so that a search
// through PATH is one execve after another. Results of steps are not arguments of later ones; where a descriptor is needed,
// the child closes 0 first and then opens: the lowest free number is 0 (open(2)).
//
// Signals: the parent's thread blocks them all around the call; CLONE_CLEAR_SIGHAND resets handlers in the child, since they
// point into the runtime, and a late step empties the mask.
//
// Parking (ChildProgram.Parking.cs): a child can stand still in the middle of its table until the rest of the steps is known.
//
// Refused: fork + exec from C# (managed code in the child), Process.Start on a prepared thread (cannot setsid, chroot by
// descriptor or enter a cgroup at birth; starts helper threads in the wrong namespace).

/// <summary>A table of system calls for a child process. Not for several threads.</summary>
public sealed unsafe partial class ChildProgram : IDisposable
{
    private readonly List<ChildTrampoline.Entry> _entries = new(160);
    private readonly List<(string Call, string Subject)> _steps = new(160);
    private readonly List<nint> _memory = new(160);

    public int Count => _entries.Count;

    /// <summary>Makes the child and waits until it has become another program.</summary>
    /// <exception cref="ChildProgramException">A step failed.</exception>
    /// <exception cref="ErrnoException">The child could not be made.</exception>
    public ChildProcess Launch(LaunchOptions options)
    {
        LaunchMemory* memory = Lay(options, spareEntries: 0);
        long pid = CloneIn(options.PidNamespace, &memory->Block);
        GC.KeepAlive(options);
        ThrowIfFailed(memory, pid);
        return new ChildProcess((int)pid, new SafeFileHandle(memory->ProcessDescriptor, ownsHandle: true));
    }

    public void Dispose()
    {
        EndParking();
        foreach (nint block in _memory)
        {
            NativeMemory.Free((void*)block);
        }

        _memory.Clear();
    }

    /// <summary>The PID namespace of children belongs to the calling thread; it is put back before anything else runs on it.</summary>
    private static long CloneIn(SafeFileHandle? pidNamespace, ChildTrampoline.LaunchBlock* block)
    {
        delegate* unmanaged<ChildTrampoline.LaunchBlock*, long> launch = ChildTrampoline.Launch;
        SafeFileHandle? own = null;
        if (pidNamespace is not null)
        {
            own = s_ownPidNamespace.Value;
            if (Libc.setns((int)pidNamespace.DangerousGetHandle(), (int)Sched.CLONE_NEWPID) != 0)
            {
                throw ErrnoException.FromLastError("setns", "the container's PID namespace");
            }
        }

        ulong all = ulong.MaxValue;
        // sigset_t of glibc has 128 bytes, of which the kernel knows 8.
        ulong* blocked = stackalloc ulong[16];
        ulong* before = stackalloc ulong[16];
        new Span<ulong>(blocked, 16).Fill(all);
        _ = Libc.pthread_sigmask(Signals.SIG_SETMASK, blocked, before);
        // SAFETY: block, clone_args and table stay in place until this returns, which is after the child left our memory
        // (CLONE_VFORK). The child touches no stack: see ChildTrampoline.
        long pid = launch(block);
        _ = Libc.pthread_sigmask(Signals.SIG_SETMASK, before, null);
        if (own is not null && Libc.setns((int)own.DangerousGetHandle(), (int)Sched.CLONE_NEWPID) != 0)
        {
            throw ErrnoException.FromLastError("setns", "the caller's own PID namespace");
        }

        return pid;
    }

    /// <summary>Writes down all that the trampoline and the kernel read; it stays until <see cref="Dispose"/>.</summary>
    private LaunchMemory* Lay(LaunchOptions options, int spareEntries)
    {
        LaunchMemory* memory = (LaunchMemory*)Allocate(sizeof(LaunchMemory));
        *memory = default;
        memory->ProcessDescriptor = -1;
        memory->Arguments = new Sched.clone_args
        {
            flags = Sched.CLONE_VM | Sched.CLONE_VFORK | Sched.CLONE_CLEAR_SIGHAND | Sched.CLONE_PIDFD | Sched.CLONE_PARENT_SETTID,
            pidfd = (ulong)&memory->ProcessDescriptor,
            parent_tid = (ulong)&memory->Pid,
            exit_signal = Signals.SIGCHLD,
        };
        if (options.NewNamespaces)
        {
            memory->Arguments.flags |= Sched.CLONE_NEWNS | Sched.CLONE_NEWPID | Sched.CLONE_NEWUTS | Sched.CLONE_NEWIPC;
        }

        if (options.NewUserNetwork || options.NewNetwork)
        {
            memory->Arguments.flags |= Sched.CLONE_NEWNET | (options.NewUserNetwork ? Sched.CLONE_NEWUSER : 0);
        }

        if (options.Cgroup is not null)
        {
            memory->Arguments.flags |= Sched.CLONE_INTO_CGROUP;
            memory->Arguments.cgroup = (ulong)options.Cgroup.DangerousGetHandle();
        }

        int entries = _entries.Count + 1 + spareEntries;
        memory->Block = new ChildTrampoline.LaunchBlock
        {
            CloneArguments = &memory->Arguments,
            CloneArgumentsSize = (nuint)sizeof(Sched.clone_args),
            Entries = (ChildTrampoline.Entry*)Allocate(entries * sizeof(ChildTrampoline.Entry)),
            FailedIndex = -1,
        };
        WriteTable(memory, from: 0, capacity: entries);
        return memory;
    }

    /// <summary>Writes the steps from an index on, and the table's end: a call that does not exist, so that running past every tolerated execve is an error with a place.</summary>
    private void WriteTable(LaunchMemory* memory, int from, int capacity)
    {
        ReadOnlySpan<ChildTrampoline.Entry> table = CollectionsMarshal.AsSpan(_entries);
        Span<ChildTrampoline.Entry> place = new(memory->Block.Entries, capacity);
        table[from..].CopyTo(place[from..]);
        place[table.Length] = new ChildTrampoline.Entry { Number = -1 };
    }

    private void ThrowIfFailed(LaunchMemory* memory, long pid)
    {
        if (pid < 0)
        {
            throw new ErrnoException("clone3", (int)-pid, "a child program");
        }

        if (memory->Block.FailedIndex >= 0)
        {
            // SAFETY: nobody else has the descriptor of a child that failed.
            _ = Libc.close(memory->ProcessDescriptor);
            throw Failure(memory->Block);
        }
    }

    private static readonly Lazy<SafeFileHandle> s_ownPidNamespace = new(static () =>
    {
        int fd = Libc.open_path("/proc/self/ns/pid", Fcntl.O_RDONLY | Fcntl.O_CLOEXEC);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("open", "/proc/self/ns/pid");
    });

    private ChildProgramException Failure(in ChildTrampoline.LaunchBlock block)
    {
        int index = (int)block.FailedIndex;
        List<ExecAttempt> attempts = [];
        for (int i = 0; i < Math.Min(index + 1, _entries.Count); i++)
        {
            if (_entries[i].Number == Unistd.NR_execve)
            {
                attempts.Add(new ExecAttempt(_steps[i].Subject, (int)-block.Entries[i].Result));
            }
        }

        (string call, string subject) = index < _steps.Count ? _steps[index] : ("execve", "the program");
        return new ChildProgramException(call, subject, (int)block.FailedErrno, attempts);
    }

    private void Add(
        string call, string subject, long number, nint a0 = 0, nint a1 = 0, nint a2 = 0, nint a3 = 0, nint a4 = 0, Tolerate tolerate = Tolerate.None)
    {
        _entries.Add(new ChildTrampoline.Entry { Number = number, A0 = a0, A1 = a1, A2 = a2, A3 = a3, A4 = a4, Tolerated = (ulong)tolerate });
        _steps.Add((call, subject));
    }

    private void* Allocate(int bytes)
    {
        void* block = NativeMemory.Alloc((nuint)bytes);
        _memory.Add((nint)block);
        return block;
    }

    private nint Text(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        int length = Encoding.UTF8.GetByteCount(text);
        Span<byte> bytes = new(Allocate(length + 1), length + 1);
        Encoding.UTF8.GetBytes(text, bytes);
        bytes[length] = 0;
        return (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
    }

    private nint Texts(IReadOnlyList<string> texts)
    {
        nint* array = (nint*)Allocate((texts.Count + 1) * sizeof(nint));
        for (int i = 0; i < texts.Count; i++)
        {
            array[i] = Text(texts[i]);
        }

        array[texts.Count] = 0;
        return (nint)array;
    }

    private nint Value<T>(T value)
        where T : unmanaged
    {
        T* place = (T*)Allocate(sizeof(T));
        *place = value;
        return (nint)place;
    }

    /// <summary>What the kernel and the trampoline read and write during one launch.</summary>
    private struct LaunchMemory
    {
        internal Sched.clone_args Arguments;
        internal ChildTrampoline.LaunchBlock Block;
        internal int ProcessDescriptor;
        internal int Pid;
    }
}
