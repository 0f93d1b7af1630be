using System.Diagnostics;

namespace Hearth.Posix.Commands;

/// <summary>Runs areas and prints what they saw.</summary>
internal sealed class SuiteCommand(Arguments arguments)
{
    private int _passed, _failed, _skipped;

    /// <exception cref="FormatException">An area that was asked for does not exist.</exception>
    public static int Run(Arguments arguments)
    {
        SuiteCommand command = new(arguments);
        if (arguments.Only.FirstOrDefault(only => !PosixSuite.Areas.Contains(AreaOf(only))) is { } unknown)
        {
            throw new FormatException($"no area '{AreaOf(unknown)}'; there are: {string.Join(", ", PosixSuite.Areas)}");
        }
        foreach (string area in PosixSuite.Areas)
        {
            string[] wanted = [.. arguments.Only.Where(only => AreaOf(only) == area)];
            if (arguments.Only.Count == 0 || wanted.Length > 0)
            {
                string? filter = Array.Find(wanted, only => only.Contains('/', StringComparison.Ordinal))?[(area.Length + 1)..];
                command.Report(area, () => PosixSuite.Run(area, arguments.Directory, command.Options(filter)));
            }
        }
        return command.Total();
    }

    public static int RunReadOnly(Arguments arguments)
    {
        SuiteCommand command = new(arguments);
        command.Report("read-only", () => PosixSuite.RunReadOnly(arguments.Directory, command.Options(null)));
        return command.Total();
    }

    private static string AreaOf(string only) => only.Split('/')[0];

    private PosixOptions Options(string? filter) => new() { UserTests = arguments.UserTests, Known = arguments.Known, CaseFilter = filter };

    private void Report(string area, Func<PosixResult> run)
    {
        long started = Stopwatch.GetTimestamp();
        PosixResult result = run();
        foreach (PosixFailure failure in result.Failures)
        {
            Console.WriteLine($"failed {failure}");
        }
        foreach (PosixSkip skip in result.Skipped)
        {
            Console.WriteLine($"skipped {skip}");
        }
        if (arguments.Times)
        {
            Console.WriteLine($"{area}: {result.Passed} passed, {result.Failures.Count} failed, {result.Skipped.Count} skipped, {Stopwatch.GetElapsedTime(started).TotalSeconds:F2} s");
        }
        _passed += result.Passed;
        _failed += result.Failures.Count;
        _skipped += result.Skipped.Count;
    }

    private int Total()
    {
        Console.WriteLine($"{_passed} passed, {_failed} failed, {_skipped} skipped");
        return _failed > 0 || _passed == 0 ? 1 : 0;
    }
}
