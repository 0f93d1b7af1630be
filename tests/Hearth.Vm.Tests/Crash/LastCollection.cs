namespace Hearth.Vm.Tests.Crash;

/// <summary>The collection that <see cref="CollectionOrder"/> puts last.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LastCollection
{
    public const string Name = "2 last";
}
