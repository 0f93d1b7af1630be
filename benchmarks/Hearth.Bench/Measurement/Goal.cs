namespace Hearth.Bench.Measurement;

/// <summary>A promise and what became of it.</summary>
/// <param name="Name">What is promised.</param>
/// <param name="Target">The bound, as text: <c>≤ 20 ms</c>.</param>
/// <param name="Measured">The value, as text.</param>
/// <param name="IsMet">Whether the value keeps the bound.</param>
internal sealed record Goal(string Name, string Target, string Measured, bool IsMet)
{
    public static Goal AtMost(string name, double bound, double value, string unit) => new(name, Text("≤", bound, unit), Text("", value, unit), value <= bound);

    public static Goal AtLeast(string name, double bound, double value, string unit) => new(name, Text("≥", bound, unit), Text("", value, unit), value >= bound);

    private static string Text(string sign, double value, string unit) => $"{sign} {Numbers.Format(value)} {unit}".Trim();
}
