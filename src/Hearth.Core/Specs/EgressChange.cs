using Hearth.Core.Errors;

namespace Hearth.Core.Specs;

/// <summary>What is to become of what a VM may reach.</summary>
/// <param name="Allow">Rules to allow; a <c>--deny</c> of the same words goes.</param>
/// <param name="Deny">Rules to deny; an <c>--allow</c> of the same words goes.</param>
/// <param name="Replacement">In place of all that holds; the other two are empty then.</param>
public sealed record EgressChange(IReadOnlyList<string> Allow, IReadOnlyList<string> Deny, EgressSettings? Replacement = null)
{
    /// <summary>What holds afterwards.</summary>
    /// <param name="now">What holds; null is everything.</param>
    /// <exception cref="HearthException"><c>egress.conflict</c>.</exception>
    public EgressSettings ApplyTo(EgressSettings? now)
    {
        EgressSettings old = now ?? EgressSettings.Open;
        if (Replacement is { } other)
        {
            return other;
        }

        if (Deny.Count > 0 && old.Mode == EgressMode.None)
        {
            throw new HearthException("egress.conflict", "The VM may reach nothing (--egress none): there is nothing left to deny.", "'hearth egress set' gives it another policy.", ExitCodes.Usage);
        }

        string[] opened = [.. Allow.Except(old.Deny)];
        if (opened.Length > 0 && old.Mode == EgressMode.All)
        {
            throw new HearthException(
                "egress.conflict",
                $"The VM may reach everything that no --deny is about (--egress all): there is nothing to allow by '{opened[0]}'.",
                "'hearth egress set VM --allow RULE' lets it reach that alone; 'hearth egress show VM' shows what it denies.",
                ExitCodes.Usage);
        }

        return new EgressSettings(
            old.Mode == EgressMode.None && Allow.Count > 0 ? EgressMode.List : old.Mode,
            old.Mode == EgressMode.All ? [] : [.. old.Allow.Except(Deny).Union(Allow)],
            [.. old.Deny.Except(Allow).Union(Deny)]);
    }
}
