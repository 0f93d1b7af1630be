using System.Globalization;

namespace Hearth.Linux.Memory;

/// <summary>A line of <c>/proc/PID/maps</c> (proc_pid_maps(5)): <c>start-end mode offset major:minor inode path</c>.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Mode"><c>rw-p</c>.</param>
/// <param name="Inode">0 without a file.</param>
internal readonly record struct MapsLine(long Address, long Length, string Mode, ulong Inode)
{
    /// <summary>Null when it is not such a line.</summary>
    public static MapsLine? TryParse(string text)
    {
        const int Fields = 5;
        string[] fields = text.Split(' ', Fields + 1, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < Fields || fields[0].Split('-') is not [string from, string to])
        {
            return null;
        }

        bool whole = long.TryParse(from, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long start)
            & long.TryParse(to, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long end)
            & ulong.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode);
        return whole ? new MapsLine(start, end - start, fields[1], inode) : null;
    }
}
