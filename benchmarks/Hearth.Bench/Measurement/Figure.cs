namespace Hearth.Bench.Measurement;

/// <summary>One line of a section's table.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Samples">The measurements.</param>
/// <param name="Unit">Their unit.</param>
internal sealed record Figure(string Name, Samples Samples, string Unit = "ms");
