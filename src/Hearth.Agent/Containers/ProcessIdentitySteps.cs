using Hearth.Agent.Users;
using Hearth.Core.Specs;

namespace Hearth.Agent.Containers;

/// <summary>Who a process is and what it may use.</summary>
internal sealed record ProcessIdentitySteps(ResolvedUser User, CapabilitySet Capabilities, IReadOnlyList<UlimitSpec> Limits);
