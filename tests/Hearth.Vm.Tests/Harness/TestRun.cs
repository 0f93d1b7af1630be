using System.Collections.Concurrent;

namespace Hearth.Vm.Tests.Harness;

/// <summary>
/// What all tests of a run share: the binary (<c>HEARTH_BIN</c>), and one home (<c>HEARTH_HOME</c>, else a temporary directory), so that kernel and
/// images are made once. Without binary or QEMU every test that touches it skips with the reason.
/// </summary>
internal sealed class TestRun
{
    private static readonly Lazy<TestRun> s_current = new(() => new TestRun());
    private readonly string _prefix = $"t{Environment.ProcessId}-";
    private readonly bool _ownsHome;
    private readonly ConcurrentStack<Func<Task>> _atEnd = new();
    private int _names;

    private TestRun()
    {
        Binary = Environment.GetEnvironmentVariable("HEARTH_BIN") ?? "";
        string? home = Environment.GetEnvironmentVariable("HEARTH_HOME");
        _ownsHome = string.IsNullOrEmpty(home);
        Missing = !File.Exists(Binary) ? "HEARTH_BIN does not name the published hearth binary"
            : !HasProgram("qemu-system-x86_64") ? "qemu-system-x86_64 is not installed"
            : null;
        Home = _ownsHome && Missing is null ? Directory.CreateTempSubdirectory("hearth-vm-tests-").FullName : home ?? "";
    }

    public static TestRun Current
    {
        get
        {
            Skip.If(s_current.Value.Missing is not null, s_current.Value.Missing);
            return s_current.Value;
        }
    }

    public string Binary { get; }

    public string Home { get; }

    private string? Missing { get; }

    /// <summary>A name for a VM that nothing else has, and that the end of the run cleans up when the test did not.</summary>
    public string NewName() => $"{_prefix}{Interlocked.Increment(ref _names)}";

    public static bool HasProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(directory => File.Exists(Path.Combine(directory, name)));

    /// <summary>Skips the test when a program that it drives is not installed.</summary>
    public static void NeedProgram(string name) => Skip.IfNot(HasProgram(name), $"{name} is not installed");

    /// <summary>Skips where VMs get no network.</summary>
    public static void NeedNetwork() => Skip.If(MissingNetwork.Obstacle is not null, $"VMs get no network here: {MissingNetwork.Obstacle}");

    /// <summary>Has <paramref name="release"/> called at the end of the run, whichever tests ran; the last one first.</summary>
    public void AtEnd(Func<Task> release) => _atEnd.Push(release);

    /// <summary>Ends what tests share, and what a failed test left.</summary>
    public static Task EndAsync() => s_current.IsValueCreated && s_current.Value.Missing is null ? s_current.Value.CleanUpAsync() : Task.CompletedTask;

    private async Task CleanUpAsync()
    {
        while (_atEnd.TryPop(out Func<Task>? release))
        {
            await release();
        }

        string names = Path.Combine(Home, "names");
        string[] left = Directory.Exists(names) ? [.. Directory.EnumerateFiles(names, _prefix + "*").Select(Path.GetFileName)!] : [];
        if (left.Length > 0)
        {
            await HearthCommand.RunAsync(["rm", "-f", .. left]);
        }

        if (_ownsHome && Directory.Exists(Home))
        {
            Directory.Delete(Home, recursive: true);
        }
    }
}
