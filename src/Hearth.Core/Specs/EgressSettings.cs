using System.Text.Json.Serialization;
using Hearth.Core.Errors;

namespace Hearth.Core.Specs;

/// <summary>What a user asked for, as it is kept with a VM.</summary>
/// <param name="Mode">What holds without a rule.</param>
/// <param name="Allow">Rules and <c>@presets</c>, as written.</param>
/// <param name="Deny">The same; they win.</param>
public sealed record EgressSettings(EgressMode Mode, IReadOnlyList<string> Allow, IReadOnlyList<string> Deny)
{
    public static EgressSettings Open { get; } = new(EgressMode.All, [], []);

    /// <summary>What a VM without any has; kept as nothing.</summary>
    [JsonIgnore]
    public bool IsOpen => Mode == EgressMode.All && Deny.Count == 0;

    /// <summary>Reads the flags. Without <c>--egress</c>, an <c>--allow</c> means <c>list</c>, and all else <c>all</c>.</summary>
    /// <exception cref="HearthException"><c>egress.mode</c>, <c>egress.conflict</c>.</exception>
    public static EgressSettings From(string? mode, IReadOnlyList<string> allow, IReadOnlyList<string> deny)
    {
        EgressMode parsed = mode switch
        {
            null => allow.Count > 0 ? EgressMode.List : EgressMode.All,
            "all" => EgressMode.All,
            "none" => EgressMode.None,
            "list" => EgressMode.List,
            _ => throw new HearthException("egress.mode", $"--egress '{mode}': there is no such mode.", "Modes are all, none and list.", ExitCodes.Usage),
        };
        if (allow.Count > 0 && parsed != EgressMode.List)
        {
            throw new HearthException("egress.conflict", $"--egress {mode} cannot be used with --allow.", "Use --egress list, or leave --allow out.", ExitCodes.Usage);
        }

        if (deny.Count > 0 && parsed == EgressMode.None)
        {
            throw new HearthException("egress.conflict", "--egress none cannot be used with --deny: there is nothing left to deny.", "Leave --deny out.", ExitCodes.Usage);
        }

        return new EgressSettings(parsed, allow, deny);
    }
}
