namespace Hearth.Linux.Memory;

/// <summary>A place in a list of runs.</summary>
/// <param name="Run">Index of the run.</param>
/// <param name="Page">Pages of it that lie before.</param>
public readonly record struct PageCursor(int Run, long Page);
