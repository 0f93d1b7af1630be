using Hearth.Bench.Measurement;

namespace Hearth.Bench.Sections;

/// <summary>One of those that are measured by turns.</summary>
/// <param name="Name">Of its row.</param>
/// <param name="MeasureAsync">Measures it once.</param>
internal sealed record Contender(string Name, Func<Task<double>> MeasureAsync)
{
    public Samples Samples { get; } = new();
}
