namespace Hearth.Posix;

/// <summary>An assertion that did not hold. <paramref name="Case"/> is "area/case"; the rest is text for a reader.</summary>
public sealed record PosixFailure(string Case, string Assertion, string Expected, string Seen)
{
    public override string ToString() => $"{Case}: {Assertion}: expected {Expected}, saw {Seen}";
}
