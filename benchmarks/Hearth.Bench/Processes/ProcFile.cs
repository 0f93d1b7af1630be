using System.Globalization;
using Hearth.Bench.Measurement;

namespace Hearth.Bench.Processes;

/// <summary>Sizes in files of proc(5).</summary>
internal static class ProcFile
{
    public static double Field(string file, string field) => Value(File.ReadAllText(file), field);

    /// <summary>The number of a line such as <c>VmRSS:      6420 kB</c> (units of 1024 bytes), in MB.</summary>
    public static double Value(string text, string field)
    {
        string line = text.Split('\n').FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))
            ?? throw new BenchException($"There is no {field} in a status file.");
        string number = line[field.Length..].Trim().Split(' ')[0];
        return double.Parse(number, CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}
