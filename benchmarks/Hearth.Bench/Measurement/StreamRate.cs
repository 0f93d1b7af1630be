using System.Diagnostics;

namespace Hearth.Bench.Measurement;

/// <summary>How fast a stream gives its bytes.</summary>
internal static class StreamRate
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    /// <summary>Reads an exact number of bytes; the clock runs from the first to arrive to the last.</summary>
    /// <returns>Millions of bytes a second.</returns>
    /// <exception cref="BenchException">The stream ended early.</exception>
    public static async Task<double> MeasureAsync(Stream stream, long bytes)
    {
        byte[] buffer = new byte[256 * 1024];
        using CancellationTokenSource limit = new(s_limit);
        long total = await stream.ReadAsync(buffer, limit.Token);
        long first = total;
        long began = Stopwatch.GetTimestamp();
        while (total < bytes)
        {
            int got = await stream.ReadAsync(buffer, limit.Token);
            if (got == 0)
            {
                throw new BenchException($"The stream ended after {total} of {bytes} bytes.");
            }

            total += got;
        }

        return (total - first) / Stopwatch.GetElapsedTime(began).TotalSeconds / 1e6;
    }
}
