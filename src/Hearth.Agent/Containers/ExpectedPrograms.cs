using System.Buffers.Binary;
using System.Text;
using Hearth.Core.Specs;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Containers;

/// <summary>
/// Reads the programs that a run will probably start into the guest's page cache, from where a template takes them into every run: the image's
/// own command and its shell, each with the loader or interpreter that the kernel would load for it (execve(2)). What is not there is left out.
/// </summary>
internal static class ExpectedPrograms
{
    /// <summary>More than a loader with a program of the usual size; a giant would fill the template.</summary>
    private const int MaxBytes = 8 << 20;

    /// <summary>PT_INTERP of elf(5).</summary>
    private const uint InterpreterSegment = 3;

    public static void Read(RootedDirectory root, ProcessSpec expected)
    {
        List<string> environment = ProcessEnvironment.Merge(expected, "", "/");
        foreach (string program in (string[])[.. expected.Args.Take(1), "sh"])
        {
            if (ReadFirst(root, ProgramSearch.Candidates(program, environment)) is { } interpreter)
            {
                ReadFirst(root, [interpreter]);
            }
        }
    }

    /// <summary>The interpreter that a program's first bytes name; null for none, and for what cannot be understood.</summary>
    internal static string? Interpreter(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("#!"u8))
        {
            ReadOnlySpan<byte> line = start[2..];
            int end = line.IndexOf((byte)'\n');
            string[] words = Encoding.UTF8.GetString(end < 0 ? line : line[..end]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words.Length > 0 ? words[0] : null;
        }

        return start.StartsWith("\u007fELF"u8) && start.Length >= 64 && start[4] == 2 ? Loader(start) : null;
    }

    private static string? Loader(ReadOnlySpan<byte> elf)
    {
        ulong length = (ulong)elf.Length;
        ulong headers = BinaryPrimitives.ReadUInt64LittleEndian(elf[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(elf[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf[56..]);
        for (int i = 0; i < count; i++)
        {
            ulong at = headers + ((ulong)i * (ulong)size);
            if (size < 56 || headers > length || at + 56 > length)
            {
                return null;
            }

            ReadOnlySpan<byte> header = elf[(int)at..];
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
            ulong bytes = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == InterpreterSegment)
            {
                return bytes is > 1 and < 4096 && offset <= length && offset + bytes <= length
                    ? Encoding.UTF8.GetString(elf.Slice((int)offset, (int)bytes - 1))
                    : null;
            }
        }

        return null;
    }

    /// <summary>Reads the first of the files that is there.</summary>
    private static string? ReadFirst(RootedDirectory root, IReadOnlyList<string> candidates)
    {
        foreach (string path in candidates)
        {
            try
            {
                using SafeFileHandle? file = root.TryOpenRead(path);
                if (file is not null)
                {
                    return ReadAll(new DescriptorStream(file));
                }
            }
            catch (Hearth.Linux.ErrnoException)
            {
                // A directory, or a link in circles: the run will say so.
            }
        }

        return null;
    }

    private static string? ReadAll(DescriptorStream file)
    {
        byte[] buffer = new byte[256 * 1024];
        int first = file.TryRead(buffer);
        string? interpreter = first > 0 ? Interpreter(buffer.AsSpan(0, first)) : null;
        for (int total = first; total is > 0 and < MaxBytes;)
        {
            int got = file.TryRead(buffer);
            if (got <= 0)
            {
                break;
            }

            total += got;
        }

        return interpreter;
    }
}
