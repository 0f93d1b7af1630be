using System.Buffers.Binary;
using System.Text;

namespace Hearth.Images.Tests.Initramfs;

/// <summary>Small ELF files for tests: what a loader, a dynamic table or a module's <c>.modinfo</c> looks like (elf(5)).</summary>
internal static class ElfBuilder
{
    private const int HeaderLength = 64;
    private const ulong LoadAddress = 0x400000;

    /// <summary>A dynamic program: PT_LOAD over the file, PT_INTERP, PT_DYNAMIC.</summary>
    public static byte[] Program(string? interpreter, params string[] needed)
    {
        byte[] file = new byte[2048];
        WriteHeader(file);
        const int InterpreterAt = 512, DynamicAt = 768, StringsAt = 1280;
        Encoding.ASCII.GetBytes(interpreter ?? "").CopyTo(file.AsSpan(InterpreterAt));
        int at = DynamicAt, name = 1;
        foreach (string library in needed)
        {
            WritePair(file, ref at, 1, (ulong)name);
            Encoding.ASCII.GetBytes(library).CopyTo(file.AsSpan(StringsAt + name));
            name += library.Length + 1;
        }

        WritePair(file, ref at, 5, LoadAddress + StringsAt);
        WritePair(file, ref at, 0, 0);
        int count = 0;
        WriteSegment(file, ref count, 1, 0, LoadAddress, (ulong)file.Length);
        WriteSegment(file, ref count, 2, DynamicAt, LoadAddress + DynamicAt, (ulong)(at - DynamicAt));
        if (interpreter is not null)
        {
            WriteSegment(file, ref count, 3, InterpreterAt, LoadAddress + InterpreterAt, (ulong)interpreter.Length + 1);
        }

        return file;
    }

    /// <summary>A kernel module: sections .shstrtab and .modinfo.</summary>
    public static byte[] Module(string modinfo)
    {
        byte[] file = new byte[2048];
        WriteHeader(file);
        const int SectionsAt = 512, NamesAt = 1024, ModinfoAt = 1280;
        byte[] names = Encoding.ASCII.GetBytes("\0.shstrtab\0.modinfo\0");
        byte[] text = Encoding.ASCII.GetBytes(modinfo);
        names.CopyTo(file.AsSpan(NamesAt));
        text.CopyTo(file.AsSpan(ModinfoAt));
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(0x28), SectionsAt);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3C), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3E), 1);
        WriteSection(file.AsSpan(SectionsAt + 64), 1, 3, NamesAt, names.Length);
        WriteSection(file.AsSpan(SectionsAt + 128), 11, 1, ModinfoAt, text.Length);
        return file;
    }

    private static void WriteHeader(byte[] file)
    {
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(0x20), HeaderLength);
    }

    private static void WritePair(byte[] file, ref int at, ulong tag, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), tag);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at + 8), value);
        at += 16;
    }

    private static void WriteSegment(byte[] file, ref int count, uint type, ulong offset, ulong address, ulong length)
    {
        Span<byte> header = file.AsSpan(HeaderLength + (count * 56));
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], length);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x38), (ushort)++count);
    }

    private static void WriteSection(Span<byte> header, uint name, uint type, ulong offset, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, name);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)length);
    }
}
