namespace Hearth.Linux.Processes;

/// <summary>The last lines of a tool's standard error.</summary>
internal sealed class LineTail
{
    private const int MaximumLines = 20;
    private const int MaximumLineLength = 2000;

    private readonly Queue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public void Add(string line)
    {
        if (line.Length == 0)
        {
            return;
        }

        if (_lines.Count == MaximumLines)
        {
            _lines.Dequeue();
        }

        _lines.Enqueue(line.Length <= MaximumLineLength ? line : line[..MaximumLineLength]);
    }
}
