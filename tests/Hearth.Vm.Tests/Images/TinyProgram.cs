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

    /// <summary>Sends each datagram that comes to a port back to its sender (IPv4), for ever.</summary>
    public static byte[] DatagramEcho(ushort port)
    {
        const int CodeBytes = 115;
        return Elf(
        [
            0xb8, 41, 0, 0, 0, 0xbf, 2, 0, 0, 0, 0xbe, 2, 0, 0, 0, 0x31, 0xd2, 0x0f, 0x05, // socket(AF_INET, SOCK_DGRAM, 0)
            0x89, 0xc3, // mov ebx, eax
            0x89, 0xdf, 0xbe, .. Word(Base + HeaderBytes + CodeBytes), 0xba, 16, 0, 0, 0, 0xb8, 49, 0, 0, 0, 0x0f, 0x05, // bind(ebx, address, 16)
            0x48, 0x81, 0xec, 0, 0x10, 0, 0, // sub rsp, 4096: the sender's address, its length at 32, the datagram at 64
            0xc7, 0x44, 0x24, 32, 16, 0, 0, 0, // again: mov dword [rsp + 32], 16
            0x89, 0xdf, 0x48, 0x8d, 0x74, 0x24, 64, 0xba, 0, 8, 0, 0, 0x45, 0x31, 0xd2, 0x49, 0x89, 0xe0, 0x4c, 0x8d, 0x4c, 0x24, 32,
            0xb8, 45, 0, 0, 0, 0x0f, 0x05, // recvfrom(ebx, rsp + 64, 2048, 0, rsp, rsp + 32)
            0x89, 0xdf, 0x48, 0x8d, 0x74, 0x24, 64, 0x89, 0xc2, 0x45, 0x31, 0xd2, 0x49, 0x89, 0xe0, 0x41, 0xb9, 16, 0, 0, 0,
            0xb8, 44, 0, 0, 0, 0x0f, 0x05, // sendto(ebx, rsp + 64, eax, 0, rsp, 16)
            0xeb, 0xbc, // jmp again
            2, 0, (byte)(port >> 8), (byte)port, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // struct sockaddr_in
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
