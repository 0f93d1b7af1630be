using Hearth.Linux.Abi;

namespace Hearth.Fuse.Nodes;

/// <summary>What of a file changes when somebody changes it.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Seconds and nanoseconds of its content's last change.</param>
/// <param name="Changed">The same of its status.</param>
/// <param name="Links">Names that it has.</param>
internal readonly record struct KnownState(ulong Size, (long Seconds, uint Nanoseconds) Modified, (long Seconds, uint Nanoseconds) Changed, uint Links)
{
    public static KnownState Of(in Statx.statx s) =>
        new(s.stx_size, (s.stx_mtime.tv_sec, s.stx_mtime.tv_nsec), (s.stx_ctime.tv_sec, s.stx_ctime.tv_nsec), s.stx_nlink);
}
