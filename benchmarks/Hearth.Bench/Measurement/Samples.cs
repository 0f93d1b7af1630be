namespace Hearth.Bench.Measurement;

/// <summary>Equal measurements of one thing, in the order in which they were taken.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public Samples(params IEnumerable<double> values) => _values.AddRange(values);

    public int Count => _values.Count;

    public double Median => Percentile(50);

    public double Minimum => _values.Min();

    public double Maximum => _values.Max();

    public void Add(double value) => _values.Add(value);

    public void Add(TimeSpan value) => _values.Add(value.TotalMilliseconds);

    /// <summary>
    /// The median is the mean of the middle two when their number is even; every other percentile is by nearest rank, a value
    /// that occurred: of 100 samples, p99 is the second largest.
    /// </summary>
    public double Percentile(double percent)
    {
        double[] sorted = [.. _values.Order()];
        if (sorted.Length == 0)
        {
            throw new InvalidOperationException("There is no percentile of no samples.");
        }

        if (percent == 50 && sorted.Length % 2 == 0)
        {
            return (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        }

        return sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
