using Hearth.Bench.Processes;
using Hearth.Core.Storage;

namespace Hearth.Bench.Sections;

/// <summary>What every section works with.</summary>
/// <param name="Hearth">The binary under test with its home.</param>
/// <param name="WorkDirectory">For what a section makes: image layers, registries, stores of peers.</param>
/// <param name="SoakBoots">How many boots the soak makes.</param>
/// <param name="Clones">How many clones of one VM are made to weigh them.</param>
/// <param name="Say">Shows progress.</param>
internal sealed record BenchContext(HearthBinary Hearth, string WorkDirectory, int SoakBoots, int Clones, Action<string> Say)
{
    public HearthPaths Paths => Hearth.Paths;
}
