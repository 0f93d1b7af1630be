using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Cli.Listing.Doctor;
using Hearth.Cli.Output;
using Hearth.Cli.Output.Templates;
using Hearth.Vmm.Qemu;

namespace Hearth.Cli.Life;

/// <summary><c>hearth version</c>: plain it starts no process; an engine's own version is asked for only where a format shows it.</summary>
internal static class VersionCommand
{
    private static readonly string[] s_informational =
        (typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0").Split('+');

    /// <summary>The product's version, from the assembly.</summary>
    public static string Number => s_informational[0];

    /// <summary>The commit it was built from; empty when that was not known.</summary>
    public static string Commit => s_informational.Length > 1 ? s_informational[1] : "";

    public static Command Create(CliContext context)
    {
        Option<string?> format = ListingOptions.InspectFormat();
        HearthCommand command = new("version", "Show the version of hearth.", "hearth version", "hearth version -f '{{.Client.Version}}'") { format };
        command.SetAction(async (parsed, cancellation) =>
        {
            string? asked = parsed.GetValue(format);
            if (string.IsNullOrEmpty(asked))
            {
                WritePlain(context.Out);
                return 0;
            }

            InspectOutput? output = asked == "json" ? null : new InspectOutput(asked);
            JsonObject shown = Describe(await EngineVersionAsync(asked, cancellation));
            context.Out.Write(output is null ? TemplateValue.Json(shown) + "\n" : "");
            output?.Write(context.Out, [shown]);
            return 0;
        });
        return command;
    }

    private static void WritePlain(TextWriter writer)
    {
        writer.WriteLine($"hearth {Number} ({RuntimeInformation.RuntimeIdentifier})");
        if (Commit.Length > 0)
        {
            writer.WriteLine($"commit {Commit}");
        }

        writer.WriteLine($"engine {QemuEngine.FindBinary() ?? "none: qemu-system-x86_64 is not installed"}");
    }

    private static async Task<string> EngineVersionAsync(string format, CancellationToken cancellationToken)
    {
        bool isShown = format == "json" || format.Contains("Engine", StringComparison.Ordinal) || format.Contains("json", StringComparison.Ordinal);
        return isShown && QemuEngine.FindBinary() is { } qemu ? await DoctorProbe.QemuVersionAsync(qemu, cancellationToken) ?? "" : "";
    }

    private static JsonObject Describe(string engineVersion) => new()
    {
        ["Client"] = new JsonObject
        {
            ["Version"] = Number,
            ["GitCommit"] = Commit,
            ["Os"] = "linux",
            ["Arch"] = RuntimeInformation.OSArchitecture == Architecture.X64 ? "amd64" : RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            ["Runtime"] = RuntimeInformation.FrameworkDescription,
        },
        ["Engines"] = new JsonArray(new JsonObject { ["Name"] = "qemu", ["Path"] = QemuEngine.FindBinary() ?? "", ["Version"] = engineVersion }),
    };
}
