using System.CommandLine;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Networking.Egress;

namespace Hearth.Cli.Networks;

/// <summary>What a command can say about what a VM may reach.</summary>
internal sealed class EgressOptions
{
    private const string Rule = "DESTINATION[:PORT][/PROTOCOL]";

    public Option<string?> Egress { get; } = new("--egress")
    {
        Description = "What the VM may reach: all that no --deny is about (when left out), list (what an --allow is about; meant by --allow), none.",
        HelpName = "MODE",
    };

    public Option<string[]> Allow { get; } = new("--allow") { Description = "Let the VM reach a domain (*.example.com), a network (192.0.2.0/24), or what a file of rules says (@NAME).", HelpName = Rule };

    public Option<string[]> Deny { get; } = new("--deny") { Description = "Keep the VM from it; this wins.", HelpName = Rule };

    public IEnumerable<Option> All => [Egress, Allow, Deny];

    /// <summary>Null: nothing was said.</summary>
    /// <exception cref="HearthException"><c>egress.mode</c>, <c>egress.conflict</c>.</exception>
    public EgressSettings? Read(ParseResult parsed)
    {
        string? mode = parsed.GetValue(Egress);
        string[] allow = parsed.GetValue(Allow) ?? [];
        string[] deny = parsed.GetValue(Deny) ?? [];
        return mode is null && allow.Length == 0 && deny.Length == 0 ? null : EgressSettings.From(mode, allow, deny);
    }

    /// <summary>Reads all rules, so that one that cannot be read is told before anything is made.</summary>
    /// <exception cref="HearthException"><c>egress.rule</c>, <c>egress.preset</c>, <c>egress.rules-many</c>.</exception>
    public static void RequireReadable(HearthPaths paths, EgressSettings? settings)
    {
        if (settings is not null)
        {
            _ = EgressPolicy.Create(settings, new EgressPresets(paths.EgressPresets));
        }
    }

    /// <summary>The policy of a VM whose network was frozen with another; null is everything.</summary>
    /// <param name="said">Null: nothing was said.</param>
    /// <param name="inherited">That of the frozen VM.</param>
    public static EgressSettings? Inherit(EgressSettings? said, EgressSettings? inherited) => said is null ? inherited : said.IsOpen ? null : said;
}
