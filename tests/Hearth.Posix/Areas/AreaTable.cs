namespace Hearth.Posix.Areas;

/// <summary>All areas, in the order in which they are run.</summary>
internal static class AreaTable
{
    public static Area[] All =>
    [
        ChmodArea.Area,
        ChownArea.Area,
        MakingAreas.Mkdir,
        MakingAreas.Mkfifo,
        MakingAreas.Mknod,
        MakingAreas.Symlink,
        OpenArea.Area,
        UnlinkArea.Area,
        UnlinkArea.Rmdir,
        LinkArea.Area,
        RenameArea.Area,
        TruncateAreas.Truncate,
        TruncateAreas.Ftruncate,
        FallocateAreas.PosixFallocate,
        FallocateAreas.Fallocate,
        UtimensatArea.Area,
        TimesArea.Area,
        GranularArea.Area,
        AttributeArea.Area,
        LockArea.Area,
        IoArea.Area,
        MapArea.Area,
        DirectoryArea.Area,
        StatusArea.Area,
        AclArea.Area,
    ];
}
