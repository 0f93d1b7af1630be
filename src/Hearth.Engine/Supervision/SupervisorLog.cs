using System.Globalization;
using System.Text;
using Hearth.Linux.Files;

namespace Hearth.Engine.Supervision;

/// <summary>
/// What a supervisor did and why, a line each, for people: <c>supervisor.log</c> of its VM. By what was lost: <c>error</c> the
/// run failed, <c>warning</c> something abnormal that cost nothing, <c>info</c> the VM's life, <c>debug</c> requests and times.
/// At 1 MiB it becomes <c>supervisor.1.log</c>. Never fails: a log is not worth a VM.
/// </summary>
internal sealed class SupervisorLog(string path, string least, TimeProvider time)
{
    private const long MaxFileBytes = 1L << 20;
    private static readonly string[] s_levels = ["debug", "info", "warning", "error"];

    /// <summary>A level that is not known is of a newer program: everything is said.</summary>
    private readonly int _least = Array.IndexOf(s_levels, least);

    public void Debug(string text) => Write(0, text);

    public void Info(string text) => Write(1, text);

    public void Warning(string text) => Write(2, text);

    public void Error(string text) => Write(3, text);

    private void Write(int level, string text)
    {
        if (level < _least)
        {
            return;
        }

        string line = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {s_levels[level]} {text.ReplaceLineEndings(" ")}\n");
        try
        {
            using (DescriptorStream file = new(Descriptors.OpenAppend(path)))
            {
                file.Write(Encoding.UTF8.GetBytes(line));
            }

            if (new FileInfo(path).Length > MaxFileBytes)
            {
                File.Move(path, Path.ChangeExtension(path, ".1.log"), overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See above: a full disk, or another thread renamed it first.
        }
    }
}
