using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Hearth.Cli.Life;

/// <summary><c>hearth version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>The product's version, from the assembly.</summary>
    public static string Number { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    public static Command Create(CliContext context)
    {
        var command = new HearthCommand("version", "Show the version of hearth.", "hearth version");
        command.SetAction(_ =>
        {
            context.Out.WriteLine($"hearth {Number} ({RuntimeInformation.RuntimeIdentifier})");
            return 0;
        });
        return command;
    }
}
