namespace Hearth.Linux.Memory;

/// <summary>Neighbouring pages of 4 KiB.</summary>
/// <param name="First">The first, counted from the start of the memory that they belong to.</param>
/// <param name="Count">How many.</param>
public readonly record struct PageRun(long First, long Count)
{
    public const int PageBytes = 4096;
}
