using System.Buffers.Binary;

namespace Hearth.Images.Catalogue;

/// <summary>Tells an executable that needs no loader (elf(5): no PT_INTERP among its program headers).</summary>
internal static class StaticExecutable
{
    private const int HeaderBytes = 64;
    private const uint ProgramInterpreter = 3;

    public static bool IsStatic(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (RandomAccess.Read(file, header, 0) != HeaderBytes || !header[..4].SequenceEqual("\u007fELF"u8) || header[4] != 2 /* 64 bits */)
        {
            return false;
        }

        long offset = (long)BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        Span<byte> type = stackalloc byte[4];
        for (int i = 0; i < count; i++)
        {
            if (offset < 0 || RandomAccess.Read(file, type, offset + ((long)i * size)) != type.Length)
            {
                return false;
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(type) == ProgramInterpreter)
            {
                return false;
            }
        }

        return true;
    }
}
