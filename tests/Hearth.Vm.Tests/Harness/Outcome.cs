using System.Text;

namespace Hearth.Vm.Tests.Harness;

/// <summary>How a command ended, with both of its streams as bytes; of stderr see <see cref="MissingNetwork"/>.</summary>
internal sealed record Outcome(string CommandLine, int ExitCode, byte[] OutputBytes, byte[] ErrorBytes)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public string Error => Encoding.UTF8.GetString(ErrorBytes);

    /// <summary>stdout without the line end that closes it.</summary>
    public string Line => Output.TrimEnd('\n');

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>This outcome, when the exit code is 0; else the test fails with all that the command said.</summary>
    public Outcome Succeeded() => Ended(0);

    /// <summary>This outcome, when the exit code is <paramref name="exitCode"/>; else the test fails with all that the command said.</summary>
    public Outcome Ended(int exitCode)
    {
        ExitCode.ShouldBe(exitCode, ToString());
        return this;
    }

    public override string ToString() => $"{CommandLine}\nexit code {ExitCode}\nstdout: {Cut(Output)}\nstderr: {Cut(Error)}";

    private static string Cut(string text) => text.Length <= 2000 ? text : $"{text[..1000]}…{text[^1000..]}";
}
