namespace Hearth.Bench.Sections;

/// <summary>One group of measurements. Warm-ups are made inside and left out of the figures.</summary>
internal interface ISection
{
    /// <summary>As typed on the command line and as the heading of its notes: <c>boot</c>.</summary>
    string Name { get; }

    string Title { get; }

    /// <summary>What is compared with what, and how: a paragraph of the report.</summary>
    string Method { get; }

    Task<SectionResult> RunAsync(BenchContext context);
}
