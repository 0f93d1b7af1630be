using Hearth.Bench.Measurement;

namespace Hearth.Bench.Sections;

/// <summary>What a section found.</summary>
/// <param name="Goals">Promises with their outcome.</param>
/// <param name="Figures">All that was measured.</param>
internal sealed record SectionResult(IReadOnlyList<Goal> Goals, IReadOnlyList<Figure> Figures);
