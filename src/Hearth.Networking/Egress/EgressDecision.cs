namespace Hearth.Networking.Egress;

/// <summary>Whether something may leave, and why.</summary>
/// <param name="IsAllowed">Whether.</param>
/// <param name="Basis">What it rests on.</param>
/// <param name="Reason">The rule as the user wrote it, or words.</param>
public readonly record struct EgressDecision(bool IsAllowed, EgressBasis Basis, string Reason);
