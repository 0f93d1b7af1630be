namespace Hearth.Engine.Failpoints;

/// <summary>One step of a chain that has just been taken.</summary>
/// <param name="Name">As <c>HEARTH_FAILPOINT</c> has it: the chain, a dot, what is so from here on.</param>
/// <param name="HasVmm">The VM's VMM lives here, and can die.</param>
internal sealed record ChainStep(string Name, bool HasVmm = true);
