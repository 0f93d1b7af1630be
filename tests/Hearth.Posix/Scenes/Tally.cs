namespace Hearth.Posix.Scenes;

/// <summary>Counts what a run sees. Owned by the thread of the run.</summary>
internal sealed class Tally
{
    private readonly List<PosixFailure> _failures = [];
    private readonly List<PosixSkip> _skipped = [];
    private int _passed;

    public void Pass() => _passed++;

    public void Fail(PosixFailure failure) => _failures.Add(failure);

    public void Skip(PosixSkip skip) => _skipped.Add(skip);

    public PosixResult Result() => new(_passed, [.. _failures], [.. _skipped]);
}
