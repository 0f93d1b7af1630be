using System.Globalization;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Core.Units;
using Hearth.Linux.Files;

namespace Hearth.Engine.Admission;

// Theory of operation
//
// Memory that a copy will need is not missing from the host before the copy runs: of many commands that look at the same time,
// each would find all of it free. So a command that makes copies writes down how much it will take, a claim, and looks at the
// host and at the claims of all others under one lock (locks/memory):
//
//   what the host can give - what others have claimed >= copies * VmLimits.CopyBytes
//
// A claim is a staging directory: its owner's lock says that the command lives, so one that was killed claims nothing. It gets
// smaller with every copy that runs, whose memory the host has given by then. In between a copy counts twice, which refuses too
// early rather than too late; claims are read before the host's memory is, for the same reason.

/// <summary>Memory that copies of a frozen VM are about to take. Disposing gives back what is left of the claim.</summary>
public sealed class CopyClaim : IDisposable
{
    private const string Purpose = "memory";
    private const string BytesFile = "bytes";

    private readonly Lock _lock = new();
    private readonly StagingDirectory _staging;
    private int _left;
    private bool _disposed;

    private CopyClaim(StagingDirectory staging, int copies)
    {
        _staging = staging;
        _left = copies;
        Write();
    }

    /// <summary>Claims the memory of copies that are about to be made, or refuses them all.</summary>
    /// <param name="paths">The home.</param>
    /// <param name="source">What they are copies of, for people: <c>VM web</c>, <c>snapshot ready</c>.</param>
    /// <param name="copies">How many.</param>
    /// <param name="availableBytes">Asks the host for what it can give without swapping.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    /// <exception cref="HearthException"><c>memory.copies</c>.</exception>
    public static async Task<CopyClaim> TakeAsync(HearthPaths paths, string source, int copies, Func<long> availableBytes, CancellationToken cancellationToken)
    {
        using FileLock turn = await FileLock.AcquireAsync(Path.Combine(paths.Locks, "memory"), cancellationToken);
        long claimed = ReadClaims(paths);
        Require(source, copies, availableBytes(), claimed);
        return new CopyClaim(await StagingDirectory.CreateAsync(paths, Purpose, cancellationToken), copies);
    }

    /// <summary>One of the copies runs, or will not be made.</summary>
    public void ReleaseOne()
    {
        lock (_lock)
        {
            _left--;
            if (!_disposed)
            {
                Write();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _staging.Dispose();
        }
    }

    internal static void Require(string source, int copies, long availableBytes, long claimedBytes)
    {
        long free = Math.Max(0, availableBytes - claimedBytes);
        long fitting = free / VmLimits.CopyBytes;
        if (copies > fitting)
        {
            string claimed = claimedBytes > 0 ? $", {new ByteSize(claimedBytes)} of it promised to copies that are being made" : "";
            throw new HearthException(
                "memory.copies",
                $"{(copies == 1 ? "A copy" : $"{copies} copies")} of {source} {(copies == 1 ? "needs" : "need")} {new ByteSize(copies * VmLimits.CopyBytes)} of memory ({new ByteSize(VmLimits.CopyBytes)} each); the host has {new ByteSize(availableBytes)} to give{claimed}.",
                (fitting > 0 ? $"Make {fitting} or fewer (-n), or release some memory: " : "Release some memory: ") + "'hearth suspend VM' keeps a VM on disk.");
        }
    }

    private static long ReadClaims(HearthPaths paths)
    {
        IReadOnlyList<string> abandoned = StagingDirectory.Abandoned(paths, Purpose);
        return Directory.GetDirectories(paths.Staging, Purpose + "-*").Except(abandoned).Sum(static directory => ReadClaim(Path.Combine(directory, BytesFile)));
    }

    /// <summary>None when its command has just ended.</summary>
    private static long ReadClaim(string path)
    {
        try
        {
            return long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : 0;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
    }

    private void Write() =>
        AtomicFile.Write(_staging.File(BytesFile), Encoding.ASCII.GetBytes((_left * VmLimits.CopyBytes).ToString(CultureInfo.InvariantCulture)), durable: false);
}
