using System.Buffers.Binary;
using System.Text;

namespace Hearth.Vm.Tests.Images;

/// <summary>
/// Static x86-64 programs of a few system calls that tell with their exit code. Busybox cannot stand in: it gives up what setuid gave it, and
/// reads no extended attributes.
/// </summary>
internal static class TinyProgram
{
    private const int Base = 0x400000;
    private const int HeaderBytes = 0x78;

    /// <summary><c>exit(geteuid())</c>.</summary>
    public static byte[] Identity() => Elf([0xb8, 107, 0, 0, 0, 0x0f, 0x05, .. Exit()]);

    /// <summary><c>exit(getxattr(path, name, NULL, 0))</c>.</summary>
    public static byte[] AttributeLength(string path, string name)
    {
        const int CodeBytes = 30;
        byte[] pathBytes = Encoding.UTF8.GetBytes(path + "\0");
        int pathAddress = Base + HeaderBytes + CodeBytes;
        return Elf(
        [
            0xb8, 191, 0, 0, 0, // mov eax, getxattr
            0xbf, .. Word(pathAddress), // mov edi, path
            0xbe, .. Word(pathAddress + pathBytes.Length), // mov esi, name
            0x31, 0xd2, 0x45, 0x31, 0xd2, 0x0f, 0x05, // xor edx, edx; xor r10d, r10d; syscall
            .. Exit(), .. pathBytes, .. Encoding.UTF8.GetBytes(name + "\0"),
        ]);
    }

    // xchg edi, eax; mov eax, exit; syscall
    private static byte[] Exit() => [0x97, 0xb8, 60, 0, 0, 0, 0x0f, 0x05];

    /// <summary>An ELF file (elf(5)) with one loaded segment: headers and code.</summary>
    private static byte[] Elf(byte[] code) =>
    [
        0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 64-bit, little-endian
        2, 0, 0x3e, 0, 1, 0, 0, 0, .. Word(Base + HeaderBytes), 0, 0, 0, 0, // executable, x86-64, entry
        0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // program header at 64
        0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0, // one of 56 bytes
        1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // PT_LOAD, read and execute, from offset 0
        .. Word(Base), 0, 0, 0, 0, .. Word(Base), 0, 0, 0, 0,
        .. Word(HeaderBytes + code.Length), 0, 0, 0, 0, .. Word(HeaderBytes + code.Length), 0, 0, 0, 0,
        0, 0x10, 0, 0, 0, 0, 0, 0,
        .. code,
    ];

    private static byte[] Word(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
