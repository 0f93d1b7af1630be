using Hearth.Core.Progress;

namespace Hearth.Cli.Output;

/// <summary>Progress as plain lines: one when a stage begins and one when it is done, fit for logs and pipes.</summary>
internal sealed class LineProgress(TextWriter writer) : IProgressSink
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _begun = new(StringComparer.Ordinal);

    public void Report(StageProgress value)
    {
        lock (_gate)
        {
            if (_begun.Add(value.Stage))
            {
                writer.WriteLine(value.Stage);
            }
            else if (value.Finished)
            {
                writer.WriteLine($"{value.Stage}: done");
            }
        }
    }

    public void Dispose() => writer.Flush();
}
