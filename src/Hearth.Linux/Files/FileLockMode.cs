namespace Hearth.Linux.Files;

/// <summary>How a <see cref="FileLock"/> is held: by one, or by many at once.</summary>
public enum FileLockMode
{
    Exclusive,
    Shared,
}
