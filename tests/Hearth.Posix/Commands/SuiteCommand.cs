using System.Diagnostics;

namespace Hearth.Posix.Commands;

/// <summary>Runs areas and prints what they saw.</summary>
internal static class SuiteCommand
{
    public static int Run(Arguments arguments)
    {
        int passed = 0, failed = 0, skipped = 0;
        foreach (string area in PosixSuite.Areas)
        {
            string[] wanted = [.. arguments.Only.Where(only => only.Split('/')[0] == area)];
            if (arguments.Only.Count > 0 && wanted.Length == 0)
            {
                continue;
            }
            long started = Stopwatch.GetTimestamp();
            PosixResult result = PosixSuite.Run(area, arguments.Directory, new PosixOptions
            {
                UserTests = arguments.UserTests,
                CaseFilter = wanted.Select(only => only.Split('/', 2)).FirstOrDefault(parts => parts.Length == 2)?[1],
            });
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
            passed += result.Passed;
            failed += result.Failures.Count;
            skipped += result.Skipped.Count;
        }
        foreach (string only in arguments.Only.Where(only => !PosixSuite.Areas.Contains(only.Split('/')[0])))
        {
            throw new FormatException($"no area '{only}'; there are: {string.Join(", ", PosixSuite.Areas)}");
        }
        Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed > 0 || passed == 0 ? 1 : 0;
    }
}
