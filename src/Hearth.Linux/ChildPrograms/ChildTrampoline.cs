using System.Runtime.InteropServices;

namespace Hearth.Linux.ChildPrograms;

/// <summary>
/// The machine code that makes the child and runs its table, for x86-64; position-independent, called as
/// <c>long launch(LaunchBlock *block)</c>. <see cref="Listing"/> is the source of <see cref="Code"/>; a test assembles it.
/// </summary>
internal static unsafe class ChildTrampoline
{
    /// <summary>
    /// GNU as, Intel syntax. It pushes nothing in the child: the child shares the parent's stack, which is at rest while
    /// CLONE_VFORK holds the parent. The kernel keeps every register but rax, rcx and r11 over a system call.
    /// </summary>
    internal const string Listing = """
        .intel_syntax noprefix
            push rbx
            push r12
            push r13
            mov rbx, rdi
            mov rdi, [rbx]          # clone_args
            mov rsi, [rbx+8]        # their size
            mov eax, 435            # clone3
            syscall
            test rax, rax
            jz child
            pop r13
            pop r12
            pop rbx
            ret                     # the pid, or -errno
        child:
            mov r12, [rbx+16]       # first entry
            xor r13d, r13d          # its index
        next:
            mov rax, [r12]
            mov rdi, [r12+8]
            mov rsi, [r12+16]
            mov rdx, [r12+24]
            mov r10, [r12+32]
            mov r8, [r12+40]
            mov r9, [r12+48]
            syscall
            mov [r12+64], rax       # result
            cmp rax, -4095
            jb done
            neg rax
            cmp rax, 63
            ja failed
            mov rdx, [r12+56]       # tolerated errors, one bit each
            bt rdx, rax
            jc done
        failed:
            mov [rbx+32], rax
            mov [rbx+24], r13
            mov edi, 127
            mov eax, 60             # exit
            syscall
            ud2
        done:
            add r12, 72
            inc r13
            jmp next

        """;

    private static readonly Lazy<nint> s_address = new(Map);

    /// <summary>A static mapping, never unmapped: the code is the program's own.</summary>
    internal static delegate* unmanaged<LaunchBlock*, long> Launch => (delegate* unmanaged<LaunchBlock*, long>)s_address.Value;

    internal static ReadOnlySpan<byte> Code =>
    [
        0x53, 0x41, 0x54, 0x41, 0x55, 0x48, 0x89, 0xfb, 0x48, 0x8b, 0x3b, 0x48,
        0x8b, 0x73, 0x08, 0xb8, 0xb3, 0x01, 0x00, 0x00, 0x0f, 0x05, 0x48, 0x85,
        0xc0, 0x74, 0x06, 0x41, 0x5d, 0x41, 0x5c, 0x5b, 0xc3, 0x4c, 0x8b, 0x63,
        0x10, 0x45, 0x31, 0xed, 0x49, 0x8b, 0x04, 0x24, 0x49, 0x8b, 0x7c, 0x24,
        0x08, 0x49, 0x8b, 0x74, 0x24, 0x10, 0x49, 0x8b, 0x54, 0x24, 0x18, 0x4d,
        0x8b, 0x54, 0x24, 0x20, 0x4d, 0x8b, 0x44, 0x24, 0x28, 0x4d, 0x8b, 0x4c,
        0x24, 0x30, 0x0f, 0x05, 0x49, 0x89, 0x44, 0x24, 0x40, 0x48, 0x3d, 0x01,
        0xf0, 0xff, 0xff, 0x72, 0x2a, 0x48, 0xf7, 0xd8, 0x48, 0x83, 0xf8, 0x3f,
        0x77, 0x0b, 0x49, 0x8b, 0x54, 0x24, 0x38, 0x48, 0x0f, 0xa3, 0xc2, 0x72,
        0x16, 0x48, 0x89, 0x43, 0x20, 0x4c, 0x89, 0x6b, 0x18, 0xbf, 0x7f, 0x00,
        0x00, 0x00, 0xb8, 0x3c, 0x00, 0x00, 0x00, 0x0f, 0x05, 0x0f, 0x0b, 0x49,
        0x83, 0xc4, 0x48, 0x49, 0xff, 0xc5, 0xeb, 0x9c,
    ];

    /// <summary>Never writable and executable at once.</summary>
    private static nint Map()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new PlatformNotSupportedException("Child programs are written for x86-64 so far.");
        }

        nuint size = (nuint)Environment.SystemPageSize;
        nint page = Libc.map_memory(0, size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if (page == -1)
        {
            throw ErrnoException.FromLastError("mmap", "the child trampoline");
        }

        // SAFETY: the page is ours, writable and larger than the code.
        Code.CopyTo(new Span<byte>((void*)page, (int)size));
        return Libc.protect_memory(page, size, Libc.PROT_READ | Libc.PROT_EXEC) == 0
            ? page
            : throw ErrnoException.FromLastError("mprotect", "the child trampoline");
    }

    /// <summary>What the trampoline reads and, when an entry fails, writes.</summary>
    internal struct LaunchBlock
    {
        internal void* CloneArguments;
        internal nuint CloneArgumentsSize;
        internal Entry* Entries;
        internal long FailedIndex;
        internal long FailedErrno;
    }

    /// <summary>One system call of the child.</summary>
    internal struct Entry
    {
        internal long Number;
        internal nint A0;
        internal nint A1;
        internal nint A2;
        internal nint A3;
        internal nint A4;
        internal nint A5;
        internal ulong Tolerated;
        internal long Result;
    }
}
