using System.Diagnostics;
using Hearth.Core.Errors;

namespace Hearth.Images.Layers;

/// <summary>The output of <c>zstd -dc</c> (Debian's zstd): the framework has no zstd before .NET 11.</summary>
internal sealed class ZstdStream : ReadOnlyStream
{
    private readonly Process _process;
    private readonly Stream _output;
    private readonly Task<string> _complaint;

    public ZstdStream(LayerSource layer)
    {
        var start = new ProcessStartInfo("zstd", ["-dcq", "--", Path.GetFullPath(layer.Path)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            _process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new HearthException("tool.missing", "Cannot unpack a zstd layer: the program zstd is not installed.", "Run: apt-get install zstd", inner: error);
        }

        _process.StandardInput.Close();
        _output = _process.StandardOutput.BaseStream;
        _complaint = _process.StandardError.ReadToEndAsync();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = _output.Read(buffer);
        if (count > 0 || buffer.IsEmpty)
        {
            return count;
        }

        _process.WaitForExit();
        if (_process.ExitCode != 0)
        {
            string[] lines = _complaint.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            throw new InvalidDataException($"zstd ended with {_process.ExitCode}: {(lines.Length > 0 ? lines[^1].Trim() : "no message")}");
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        base.Dispose(disposing);
    }
}
