namespace Hearth.Posix;

/// <summary>A case, or the rest of one, that could not be run here, and why.</summary>
public sealed record PosixSkip(string Case, string Reason)
{
    public override string ToString() => $"{Case}: {Reason}";
}
