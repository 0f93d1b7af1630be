using System.CommandLine;
using System.Text.Json.Nodes;
using Hearth.Cli.Output;

namespace Hearth.Cli.Listing.Doctor;

/// <summary><c>hearth doctor</c>: what this machine lacks, and the cure. Exit code 1 when VMs cannot run.</summary>
internal static class DoctorCommand
{
    private static readonly Column[] s_columns = [new("Status", "STATUS"), new("Name", "CHECK"), new("Found", "FOUND"), new("Cure", "CURE", false)];

    public static Command Create(CliContext context)
    {
        Option<string?> format = ListingOptions.Format();
        Option<bool> quiet = ListingOptions.Quiet("Only names of what is not well");
        HearthCommand command = new("doctor", "Check what this machine needs to run VMs.", "hearth doctor") { format, quiet };
        command.SetAction(async (parsed, cancellation) =>
        {
            ListingWriter listing = new(s_columns, parsed.GetValue(format));
            IReadOnlyList<DoctorCheck> checks = DoctorChecks.All(await DoctorProbe.RunAsync(context.Paths, cancellation));
            bool onlyNames = parsed.GetValue(quiet);
            if (parsed.GetValue(format) is null && !onlyNames)
            {
                Write(context.Out, checks);
            }
            else
            {
                listing.Write(context.Out, checks.Where(check => !onlyNames || check.Status != CheckStatus.Ok).Select(Row), onlyNames);
            }

            return checks.Any(static check => check.Status == CheckStatus.Fail) ? 1 : 0;
        });
        return command;
    }

    /// <summary>A line a check, and its cure below it.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<DoctorCheck> checks)
    {
        int width = checks.Max(static check => check.Name.Length);
        foreach (DoctorCheck check in checks)
        {
            writer.WriteLine($"{Word(check.Status),-4}  {check.Name.PadRight(width)}  {check.Found}");
            if (check.Cure.Length > 0)
            {
                writer.WriteLine($"{new string(' ', 8 + width)}{check.Cure}");
            }
        }
    }

    private static string Word(CheckStatus status) => status switch { CheckStatus.Ok => "OK", CheckStatus.Warn => "WARN", _ => "FAIL" };

    private static ListingRow Row(DoctorCheck check) => new(check.Name, new JsonObject
    {
        ["Status"] = Word(check.Status),
        ["Name"] = check.Name,
        ["Found"] = check.Found,
        ["Cure"] = check.Cure,
    });
}
