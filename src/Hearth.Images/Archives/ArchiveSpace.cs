using Hearth.Core.Errors;
using Hearth.Core.Units;

namespace Hearth.Images.Archives;

/// <summary>
/// The disk that one archive may take while it is loaded: archives come from strangers, and one of 10 MB can unpack to 10 GB. A bound on what is
/// written and on what is left free, not on the ratio: a layer of zeros legitimately shrinks a thousandfold.
/// </summary>
/// <param name="directory">Where it is unpacked.</param>
/// <param name="subject">The archive, as a person names it.</param>
public sealed class ArchiveSpace(string directory, string subject)
{
    /// <summary>How often the file system is asked, in bytes written: a question costs a system call.</summary>
    private const long StepBytes = 16 << 20;

    private readonly DriveInfo _disk = new(directory);
    private long _taken;
    private long _nextLook;

    /// <summary>256 GiB: four images with the 64 GiB that one may have (<see cref="Layers.LayerLimits"/>).</summary>
    public long MaximumBytes { get; init; } = 256L << 30;

    /// <summary>Left for everybody else on that file system: 1 GiB, on a small one a twentieth.</summary>
    public long KeptFreeBytes { get; init; } = Math.Min(1L << 30, new DriveInfo(directory).TotalSize / 20);

    /// <summary>What a person can do about an archive beyond <see cref="MaximumBytes"/>.</summary>
    public string TooLargeHint { get; init; } = "No image needs that much: the archive is damaged or made to fill disks. Save its images one by one if it is genuine.";

    /// <summary>Bytes that this user may still write there; null asks the file system.</summary>
    public Func<long>? FreeBytes { get; init; }

    /// <summary>To be called before bytes are written.</summary>
    /// <exception cref="HearthException"><c>archive.too-large</c>, <c>disk.full</c>.</exception>
    public void Take(long bytes)
    {
        _taken += bytes;
        if (_taken > MaximumBytes)
        {
            throw new HearthException(
                "archive.too-large",
                $"{Sentence} cannot be loaded: it unpacks to more than {new ByteSize(MaximumBytes)}.",
                TooLargeHint);
        }

        if (_taken < _nextLook)
        {
            return;
        }

        _nextLook = _taken + StepBytes;
        long free = FreeBytes?.Invoke() ?? _disk.AvailableFreeSpace;
        if (free - bytes < KeptFreeBytes)
        {
            throw new HearthException(
                "disk.full",
                $"{Sentence} cannot be loaded: it has unpacked to {new ByteSize(_taken)}, and {new ByteSize(free)} are free where HEARTH_HOME is.",
                FullHint);
        }
    }

    /// <summary>To be called before the first byte, when the whole is known.</summary>
    /// <exception cref="HearthException"><c>disk.full</c>.</exception>
    public void Require(long bytes)
    {
        long free = FreeBytes?.Invoke() ?? _disk.AvailableFreeSpace;
        if (free - bytes < KeptFreeBytes)
        {
            throw new HearthException(
                "disk.full",
                $"{Sentence} cannot be loaded: it unpacks to {new ByteSize(bytes)}, and {new ByteSize(free)} are free where HEARTH_HOME is.",
                FullHint);
        }
    }

    private string FullHint => $"{new ByteSize(KeptFreeBytes)} stay free. Free some space ('hearth image prune', 'hearth prune'), or set HEARTH_HOME to a directory on a larger disk.";

    private string Sentence => char.ToUpperInvariant(subject[0]) + subject[1..];
}
