using System.Globalization;
using Hearth.Posix.Workers;

namespace Hearth.Posix.Commands;

/// <summary>
/// hearth-posix DIRECTORY [--only AREA[/CASE]]… [--user-tests | --no-user-tests] [--known FILE] [--times]: runs the suite.
/// One line per assertion that failed and per skip; the last line counts. Exit code 0, 1 for failures, 2 for usage.
/// </summary>
internal static class CommandLine
{
    private const string Usage = """
        hearth-posix DIRECTORY [--only AREA[/CASE]]... [--user-tests | --no-user-tests] [--known FILE] [--times]
        hearth-posix DIRECTORY --prepare-read-only | --read-only
        hearth-posix DIRECTORY --random SECONDS [--seed N]
        hearth-posix DIRECTORY --stress SECONDS [--threads N] [--seed N]
        hearth-posix --list
        """;

    public static int Run(string[] arguments)
    {
        try
        {
            Arguments parsed = Arguments.Parse(arguments);
            return parsed.Mode switch
            {
                "--list" => List(),
                "--worker" => WorkerLoop.Run(Console.In, Console.Out),
                "--prepare-read-only" => Prepare(parsed),
                "--read-only" => SuiteCommand.RunReadOnly(parsed),
                "--random" => RandomCommand.Run(parsed),
                "--stress" => StressCommand.Run(parsed),
                _ => SuiteCommand.Run(parsed),
            };
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"hearth-posix: {e.Message}\n{Usage}"));
            return 2;
        }
    }

    private static int Prepare(Arguments arguments)
    {
        PosixSuite.PrepareReadOnly(arguments.Directory);
        return 0;
    }

    private static int List()
    {
        foreach (string area in PosixSuite.Areas)
        {
            foreach (string one in PosixSuite.CasesOf(area))
            {
                Console.WriteLine($"{area}/{one}");
            }
        }
        return 0;
    }
}
