namespace Hearth.Posix.Scenes;

/// <summary>Counts what a run sees.</summary>
internal sealed class Tally
{
    /// <summary>Guards all below: the run writes, and who waited too long for it reads.</summary>
    private readonly Lock _lock = new();
    private readonly List<PosixFailure> _failures = [];
    private readonly List<PosixSkip> _skipped = [];
    private int _passed;
    private string _running = "";

    /// <summary>A case begins.</summary>
    public void Begin(string name)
    {
        lock (_lock)
        {
            _running = name;
        }
    }

    public void Pass()
    {
        lock (_lock)
        {
            _passed++;
        }
    }

    public void Fail(PosixFailure failure)
    {
        lock (_lock)
        {
            _failures.Add(failure);
        }
    }

    public void Skip(PosixSkip skip)
    {
        lock (_lock)
        {
            _skipped.Add(skip);
        }
    }

    /// <summary>The case that runs does not end.</summary>
    public void Hangs(TimeSpan waited)
    {
        lock (_lock)
        {
            _failures.Add(new PosixFailure(_running, "ends", "the end of the area", $"none in {waited.TotalSeconds:F0} s"));
        }
    }

    public PosixResult Result()
    {
        lock (_lock)
        {
            return new(_passed, [.. _failures], [.. _skipped]);
        }
    }
}
