using Hearth.Core.Errors;
using Hearth.Vmm;

namespace Hearth.Engine.Supervision;

/// <summary>Says why a guest ended or did not come up, from what its console shows.</summary>
internal static class GuestFailure
{
    private const int TailBytes = 16384;
    private const int TailLines = 6;
    private const int PanicLines = 3;

    public static HearthException Describe(string consoleLog, VmmExit? exit, string what)
    {
        IReadOnlyList<string> tail = ConsoleTail(consoleLog);
        int panic = tail.ToList().FindIndex(static l => l.Contains("Kernel panic", StringComparison.Ordinal));

        // Registers and a call trace follow the line that says why: they would push it out of the last lines.
        string shown = string.Join(" / ", panic >= 0 ? tail.Skip(Math.Max(0, panic - 1)).Take(PanicLines) : tail.TakeLast(TailLines));
        if (panic >= 0)
        {
            return new HearthException("guest.panic", $"The guest's kernel panicked: {shown}", "More memory (-m) cures 'out of memory'; the whole text is in the VM's console.log.");
        }

        string ended = exit is null ? "" : $" (the VMM ended with exit code {exit.ExitCode}{(exit.StderrTail.Count > 0 ? ": " + string.Join(" / ", exit.StderrTail.TakeLast(3)) : "")})";
        return new HearthException("guest.no-answer", $"{what}{ended}. Console: {(shown.Length > 0 ? shown : "nothing")}", "Try more memory (-m), another --kernel, or --accel tcg.");
    }

    /// <summary>The console's last lines, without control characters: the guest wrote them.</summary>
    internal static IReadOnlyList<string> ConsoleTail(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Position = Math.Max(0, file.Length - TailBytes);
            using StreamReader reader = new(file);
            return [.. reader.ReadToEnd().Split('\n').Select(Clean).Where(static l => l.Length > 0)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string Clean(string line) => string.Concat(line.Where(static c => !char.IsControl(c))).Trim();
}
