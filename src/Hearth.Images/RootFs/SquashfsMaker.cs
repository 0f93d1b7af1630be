using System.Diagnostics;
using System.Globalization;
using Hearth.Core.Errors;

namespace Hearth.Images.RootFs;

/// <summary>
/// The program that turns an archive on its standard input into a squashfs image: <c>tar2sqfs</c> of Debian's squashfs-tools-ng.
/// Why this one, with zstd: docs/decisions/root-file-system.md.
/// </summary>
internal sealed class SquashfsMaker : IDisposable
{
    private const string Program = "tar2sqfs";
    private const int ShownLines = 20;

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _complaint;

    public SquashfsMaker(string imagePath)
    {
        // -s: what it cannot store is an error, not a thing to leave out. 128 KiB blocks: larger ones make small reads slow.
        var start = new ProcessStartInfo(
            Program,
            ["-q", "-s", "-f", "-c", "zstd", "-X", "level=1", "-b", "131072", "-j", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), imagePath])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The image's own time stamp: the same layers make the same bytes.
        start.Environment["SOURCE_DATE_EPOCH"] = "0";
        try
        {
            _process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new HearthException(
                "tool.missing", $"Cannot build the root file system: the program {Program} is not installed.", "Run: apt-get install squashfs-tools-ng", inner: error);
        }

        _output = _process.StandardOutput.ReadToEndAsync();
        _complaint = _process.StandardError.ReadToEndAsync();
    }

    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Ends the input and waits for the image.</summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(cancellation);
        if (_process.ExitCode != 0)
        {
            throw await FailureAsync(null);
        }
    }

    /// <summary>Why it stopped taking input.</summary>
    public async Task<HearthException> FailureAsync(Exception? inner)
    {
        // It closed its input, so it is ending or has ended; what it said is complete only then.
        await _process.WaitForExitAsync(CancellationToken.None);
        string[] lines = (await _complaint + await _output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string end = _process.ExitCode > 128 ? $"died of signal {_process.ExitCode - 128}" : $"ended with {_process.ExitCode}";
        string said = lines.Length == 0 ? "it said nothing" : string.Join("; ", lines.TakeLast(ShownLines)).Trim();
        return new HearthException(
            "rootfs.maker-failed", $"Cannot build the root file system: {Program} {end}: {said}", "Check the free space of the store (df).", inner: inner);
    }

    /// <summary>Ends the program at once; a write to it fails from then on. Harmless when it has ended.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
