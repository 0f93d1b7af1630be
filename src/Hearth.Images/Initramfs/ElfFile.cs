using System.Buffers.Binary;
using System.Text;

namespace Hearth.Images.Initramfs;

/// <summary>
/// What is needed of a 64-bit little-endian ELF file (elf(5)): which interpreter and libraries a program asks for, and the
/// bytes of a section. Every offset in the file is untrusted.
/// </summary>
internal sealed class ElfFile
{
    private const int ProgramHeaderLength = 56;
    private const int SectionHeaderLength = 64;
    private const uint Load = 1;
    private const uint Dynamic = 2;
    private const uint Interp = 3;
    private const ulong DynamicEnd = 0;
    private const ulong DynamicNeeded = 1;
    private const ulong DynamicStrings = 5;

    private readonly ReadOnlyMemory<byte> _file;

    private ElfFile(ReadOnlyMemory<byte> file) => _file = file;

    /// <summary>The machine: 62 is x86-64.</summary>
    public ushort Machine => BinaryPrimitives.ReadUInt16LittleEndian(Slice(18, 2));

    /// <exception cref="InvalidDataException">Not a 64-bit little-endian ELF file.</exception>
    public static ElfFile Parse(ReadOnlyMemory<byte> file)
    {
        if (file.Length < 64 || file.Span is not [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, ..])
        {
            throw new InvalidDataException("it is not a 64-bit little-endian ELF file");
        }

        return new ElfFile(file);
    }

    /// <summary>The program's loader (PT_INTERP); null for a static program.</summary>
    /// <exception cref="InvalidDataException">An offset points outside of the file.</exception>
    public string? ReadInterpreter()
    {
        foreach (Segment segment in ReadSegments())
        {
            if (segment.Type == Interp)
            {
                return ReadText(Slice(segment.Offset, segment.Length), 0);
            }
        }

        return null;
    }

    /// <summary>DT_NEEDED in file order; empty for a static program.</summary>
    /// <exception cref="InvalidDataException">An offset points outside of the file.</exception>
    public IReadOnlyList<string> ReadNeeded()
    {
        List<Segment> segments = ReadSegments();
        Segment dynamic = segments.Find(static segment => segment.Type == Dynamic);
        ReadOnlySpan<byte> table = Slice(dynamic.Offset, dynamic.Length);
        var names = new List<ulong>();
        ulong stringsAddress = 0;
        for (int at = 0; at + 16 <= table.Length; at += 16)
        {
            ulong tag = BinaryPrimitives.ReadUInt64LittleEndian(table[at..]);
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(table[(at + 8)..]);
            if (tag == DynamicEnd)
            {
                break;
            }

            if (tag == DynamicNeeded)
            {
                names.Add(value);
            }
            else if (tag == DynamicStrings)
            {
                stringsAddress = value;
            }
        }

        if (names.Count == 0)
        {
            return [];
        }

        ulong strings = ToOffset(segments, stringsAddress);
        ReadOnlyMemory<byte> rest = _file[(int)strings..];
        return [.. names.Select(name => ReadText(rest.Span, name))];
    }

    /// <summary>The bytes of the first section with a name; empty when there is none.</summary>
    /// <exception cref="InvalidDataException">An offset points outside of the file.</exception>
    public ReadOnlySpan<byte> ReadSection(string name)
    {
        ulong table = ReadUInt64(0x28);
        int count = ReadUInt16(0x3C);
        int namesIndex = ReadUInt16(0x3E);
        if (table == 0 || namesIndex >= count)
        {
            return [];
        }

        ReadOnlySpan<byte> names = ReadSection(table, namesIndex, out _);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> bytes = ReadSection(table, i, out uint nameAt);
            if (nameAt < names.Length && ReadText(names, nameAt) == name)
            {
                return bytes;
            }
        }

        return [];
    }

    private ReadOnlySpan<byte> ReadSection(ulong table, int index, out uint nameAt)
    {
        const uint NoBits = 8;
        ReadOnlySpan<byte> header = Slice(unchecked(table + ((ulong)index * SectionHeaderLength)), SectionHeaderLength);
        nameAt = BinaryPrimitives.ReadUInt32LittleEndian(header);
        bool empty = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) is 0 or NoBits;
        return empty ? [] : Slice(BinaryPrimitives.ReadUInt64LittleEndian(header[24..]), BinaryPrimitives.ReadUInt64LittleEndian(header[32..]));
    }

    private List<Segment> ReadSegments()
    {
        ulong table = ReadUInt64(0x20);
        int count = ReadUInt16(0x38);
        var segments = new List<Segment>(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = Slice(unchecked(table + ((ulong)i * ProgramHeaderLength)), ProgramHeaderLength);
            segments.Add(new Segment(
                BinaryPrimitives.ReadUInt32LittleEndian(header),
                BinaryPrimitives.ReadUInt64LittleEndian(header[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[32..])));
        }

        return segments;
    }

    private ulong ToOffset(List<Segment> segments, ulong address)
    {
        foreach (Segment segment in segments)
        {
            if (segment.Type == Load && address >= segment.Address && address - segment.Address < segment.Length)
            {
                ulong offset = unchecked(segment.Offset + (address - segment.Address));
                if (offset < (ulong)_file.Length)
                {
                    return offset;
                }
            }
        }

        throw new InvalidDataException("its table of names lies outside of its segments");
    }

    private ulong ReadUInt64(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(offset, 8));

    private ushort ReadUInt16(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, 2));

    private ReadOnlySpan<byte> Slice(ulong offset, ulong length)
    {
        ulong available = (ulong)_file.Length;
        if (offset > available || length > available - offset)
        {
            throw new InvalidDataException($"a table at {offset} ({length} bytes) lies outside of its {available} bytes");
        }

        return _file.Span.Slice((int)offset, (int)length);
    }

    private static string ReadText(ReadOnlySpan<byte> strings, ulong at)
    {
        if (at >= (ulong)strings.Length)
        {
            throw new InvalidDataException($"a name at {at} lies outside of its table of names");
        }

        ReadOnlySpan<byte> text = strings[(int)at..];
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    private readonly record struct Segment(uint Type, ulong Offset, ulong Address, ulong Length);
}
