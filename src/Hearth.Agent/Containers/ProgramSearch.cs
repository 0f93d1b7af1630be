namespace Hearth.Agent.Containers;

/// <summary>Where a program may be: itself when it names a path, else every directory of PATH (execvp(3)).</summary>
internal static class ProgramSearch
{
    public static IReadOnlyList<string> Candidates(string program, IReadOnlyList<string> environment)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return [program];
        }

        List<string> candidates = [];
        foreach (string directory in (ProcessEnvironment.Find(environment, "PATH") ?? ProcessEnvironment.DefaultPath).Split(':'))
        {
            if (directory.StartsWith('/'))
            {
                candidates.Add($"{directory.TrimEnd('/')}/{program}");
            }
        }

        return candidates;
    }
}
