using System.Diagnostics;
using Hearth.Bench.Measurement;
using Hearth.Core.Storage;
using Hearth.Engine.Store;

namespace Hearth.Bench.Processes;

/// <summary>The published binary under test, with a home of its own.</summary>
/// <param name="path">Where it is.</param>
/// <param name="paths">Its home.</param>
/// <param name="within">A program with its arguments that becomes what stands behind them, in other surroundings; empty for this program's own.</param>
internal sealed class HearthBinary(string path, HearthPaths paths, IReadOnlyList<string>? within = null)
{
    public const string Image = "@busybox";

    public string Path { get; } = path;

    public HearthPaths Paths { get; } = paths;

    private Dictionary<string, string> Environment => new() { ["HEARTH_HOME"] = Paths.Home };

    /// <summary>The same binary on another home.</summary>
    public HearthBinary WithHome(string home) => new(Path, new HearthPaths(home));

    /// <summary>The same binary and home, in other surroundings.</summary>
    public HearthBinary Within(IReadOnlyList<string> program) => new(Path, Paths, program);

    public TimedRun Run(params IReadOnlyList<string> arguments) => Child.Run(Line(arguments)[0], Line(arguments)[1..], Environment);

    /// <exception cref="BenchException">It failed.</exception>
    public TimedRun RunChecked(params IReadOnlyList<string> arguments) => Child.RunChecked(Line(arguments)[0], Line(arguments)[1..], Environment);

    /// <summary>Starts it; the caller reads its output.</summary>
    public Process Start(params IReadOnlyList<string> arguments) => Child.Start(Line(arguments)[0], Line(arguments)[1..], Environment);

    private string[] Line(IReadOnlyList<string> arguments) => [.. within ?? [], Path, .. arguments];

    /// <summary>A VM as the store has it now.</summary>
    public VmModel Find(string name) => HearthHome.Open(Paths).Vms.Find(name);

    /// <summary>Starts a VM in the background that does nothing until it is removed; as users do it, from a template.</summary>
    /// <param name="options">More options of <c>run</c>.</param>
    public VmModel StartIdle(string name, params IReadOnlyList<string> options)
    {
        RunChecked(["run", "-d", "--name", name, .. options, Image, "--", "sleep", "1000000"]);
        return Find(name);
    }

    /// <summary>The same with a guest that was booted.</summary>
    public VmModel StartBooted(string name) => StartIdle(name, "--no-template");

    public void Remove(params IReadOnlyList<string> names) => RunChecked(["rm", "-f", .. names]);

    /// <summary>Removes the snapshots that an earlier, interrupted run left.</summary>
    public void RemoveSnapshots() => RunChecked("snapshot", "prune", "-f");

    /// <summary>Removes what an earlier, interrupted run left.</summary>
    public void RemoveAll()
    {
        IReadOnlyList<VmModel> left = HearthHome.Open(Paths).Vms.List();
        if (left.Count > 0)
        {
            Remove([.. left.Select(static vm => vm.Id)]);
        }
    }
}
