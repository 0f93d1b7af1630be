using System.Diagnostics;
using System.Text;

namespace Hearth.Posix.Randomised;

/// <summary>
/// Does random operations on one file, by several descriptors and by mappings, and on an array that is what the file has to be; compares
/// after each what the operation can have changed, and the whole from time to time.
/// </summary>
public static class RandomOperations
{
    /// <summary>Runs in a new file of <paramref name="directory"/>, and removes it.</summary>
    /// <exception cref="IOException">No file can be made there.</exception>
    public static RandomResult Run(string directory, RandomOptions options)
    {
        string path = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Path.GetFullPath(directory))) + $"/random-{options.Seed}-{getpid()}";
        using ModelledFile file = new(path, options);
        long started = Stopwatch.GetTimestamp();
        long count = 0;
        try
        {
            for (; count < options.Operations && Stopwatch.GetElapsedTime(started) < options.Duration; count++)
            {
                file.Step();
            }
            file.CompareAll();
            return new RandomResult(count, null, [], file.Unsupported);
        }
        catch (MismatchException e)
        {
            return new RandomResult(count, $"seed {options.Seed}, operation {count}: {e.Message}", file.Last, file.Unsupported);
        }
    }
}
