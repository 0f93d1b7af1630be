using System.Diagnostics.CodeAnalysis;
using System.Text;
using Hearth.Posix.Areas;

namespace Hearth.Posix;

/// <summary>
/// Expectations of POSIX and Linux on a file system, as assertions on raw system calls. A file system of the host's kernel passes all of
/// them; what another one lacks is found by probing and skipped with its reason.
/// </summary>
/// <remarks>
/// Each area runs on a thread of its own, since credentials, umask and working directory are the thread's. Each case has an empty directory
/// as working directory, a umask of 0, and is cleaned up after, whatever it left.
/// </remarks>
public static class PosixSuite
{
    private static readonly Area[] s_areas = AreaTable.All;

    /// <summary>The names of the areas, in the order in which they are run.</summary>
    public static IReadOnlyList<string> Areas { get; } = [.. s_areas.Select(area => area.Name)];

    /// <summary>The names of the cases of an area.</summary>
    /// <exception cref="ArgumentException">There is no such area.</exception>
    public static IReadOnlyList<string> CasesOf(string area) => [.. Find(area).Cases.Select(one => one.Name)];

    /// <summary>Runs an area in a new directory below <paramref name="directory"/>, and removes that directory.</summary>
    /// <exception cref="ArgumentException">There is no such area.</exception>
    /// <exception cref="IOException">No directory can be made there.</exception>
    public static PosixResult Run(string area, string directory, PosixOptions? options = null)
    {
        Area found = Find(area);
        return RunArea(found, directory, options ?? new PosixOptions());
    }

    /// <summary>Puts into a directory what <see cref="RunReadOnly"/> works on, by a way on which it can be written; its mode becomes 0755.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void PrepareReadOnly(string directory) => ReadOnlyArea.Prepare(Bytes(directory));

    /// <summary>Runs expectations of a read-only mount on a directory that <see cref="PrepareReadOnly"/> has filled.</summary>
    public static PosixResult RunReadOnly(string directory, PosixOptions? options = null) => RunArea(ReadOnlyArea.Area, directory, options ?? new PosixOptions());

    private static PosixResult RunArea(Area area, string directory, PosixOptions options)
    {
        Tally tally = new();
        Exception? problem = null;
        Thread thread = new(() => problem = RunOnThread(area, directory, options, tally), maxStackSize: 4 << 20)
        {
            Name = $"posix: {area.Name}",
            IsBackground = true,
        };
        thread.Start();
        if (!thread.Join(options.Patience))
        {
            tally.Hangs(options.Patience);
            return tally.Result();
        }
        return problem is null ? tally.Result() : throw problem;
    }

    private static string Bytes(string directory) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Path.GetFullPath(directory)));

    private static Area Find(string area) =>
        Array.Find(s_areas, one => one.Name == area) ?? throw new ArgumentException($"no area '{area}'; there are: {string.Join(", ", Areas)}", nameof(area));

    [SuppressMessage("Design", "CA1031", Justification = "The root of the thread: what happens there is thrown to its starter.")]
    private static Exception? RunOnThread(Area area, string directory, PosixOptions options, Tally tally)
    {
        try
        {
            using Stage stage = new(area.Name, Bytes(directory), options, writable: area != ReadOnlyArea.Area);
            foreach (Case one in area.Cases)
            {
                if (options.CaseFilter is null || one.Name.Contains(options.CaseFilter, StringComparison.Ordinal))
                {
                    stage.Run(one, tally);
                }
            }
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
