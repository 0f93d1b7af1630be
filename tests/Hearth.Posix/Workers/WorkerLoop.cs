using System.Globalization;
using System.Text;

namespace Hearth.Posix.Workers;

/// <summary>
/// The other process: reads one command a line, does one system call, and answers its result (or -errno) in a line; after it, a space and the
/// text that was read. It ends with its input. Words are separated by spaces; names are ASCII.
/// </summary>
internal static class WorkerLoop
{
    public static int Run(TextReader input, TextWriter output)
    {
        while (input.ReadLine() is { } line)
        {
            output.WriteLine(Answer(line.Split(' ')));
            output.Flush();
        }
        return 0;
    }

    private static string Answer(string[] words)
    {
        long N(int i) => long.Parse(words[i], CultureInfo.InvariantCulture);
        return words[0] switch
        {
            "open" => Show(open(words[1], (int)N(2) | O_CLOEXEC, Octal(644))),
            "close" => Show(close((int)N(1))),
            "lock" => Lock((int)N(1), (int)N(2), (short)N(3), N(4), N(5)),
            "flock" => Show(flock((int)N(1), (int)N(2))),
            "append" => Show(Append((int)N(1), words[2], (int)N(3))),
            "read" => Read((int)N(1), N(2), (int)N(3)),
            "write" => Show(pwrite((int)N(1), Encoding.Latin1.GetBytes(words[3]), N(2))),
            _ => throw new FormatException($"no command '{words[0]}'"),
        };
    }

    private static string Show(long result) => result.ToString(CultureInfo.InvariantCulture);

    private static string Lock(int descriptor, int command, short type, long start, long length)
    {
        FileLock wanted = new() { Type = type, Start = start, Length = length };
        long result = fcntl(descriptor, command, ref wanted);
        return string.Create(CultureInfo.InvariantCulture, $"{result} {wanted.Type} {wanted.Start} {wanted.Length} {wanted.Owner}");
    }

    /// <summary>Writes a record so many times, each by one write. Answers how many were written whole.</summary>
    private static long Append(int descriptor, string record, int times)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(record + "\n");
        int whole = 0;
        for (int i = 0; i < times; i++)
        {
            whole += write(descriptor, bytes) == bytes.Length ? 1 : 0;
        }
        return whole;
    }

    private static string Read(int descriptor, long offset, int length)
    {
        byte[] buffer = new byte[length];
        long result = pread(descriptor, buffer, offset);
        return string.Create(CultureInfo.InvariantCulture, $"{result} {Encoding.Latin1.GetString(buffer, 0, (int)Math.Max(0, result))}");
    }
}
