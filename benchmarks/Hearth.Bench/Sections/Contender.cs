using Hearth.Bench.Measurement;

namespace Hearth.Bench.Sections;

/// <summary>One of those that are measured by turns.</summary>
/// <param name="Name">Of its row.</param>
/// <param name="MeasureAsync">Measures it once.</param>
internal sealed record Contender(string Name, Func<Task<double>> MeasureAsync)
{
    public Samples Samples { get; } = new();

    /// <summary>Measures each once a round, by turns.</summary>
    /// <param name="contenders">All of them.</param>
    /// <param name="warm">Rounds that are not counted, first.</param>
    /// <param name="rounds">Rounds that are.</param>
    public static async Task RaceAsync(IReadOnlyList<Contender> contenders, int warm, int rounds)
    {
        for (int round = -warm; round < rounds; round++)
        {
            foreach (Contender contender in contenders)
            {
                double rate = await contender.MeasureAsync();
                if (round >= 0)
                {
                    contender.Samples.Add(rate);
                }
            }
        }
    }
}
