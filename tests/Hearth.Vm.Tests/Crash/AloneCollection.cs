namespace Hearth.Vm.Tests.Crash;

/// <summary>Tests that must not run beside others: they count processes, load the machine, or remove what is stopped.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "1 alone";
}
