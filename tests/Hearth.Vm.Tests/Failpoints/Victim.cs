namespace Hearth.Vm.Tests.Failpoints;

/// <summary>Who is ended while a chain stands still at a step.</summary>
public enum Victim
{
    /// <summary>The command that asked for the chain.</summary>
    Client,
    Supervisor,
    Vmm,

    /// <summary>The link between supervisor and agent: neither hears of the other any more, and the agent ends the guest.</summary>
    Link,
}
