namespace Hearth.Posix.Areas;

/// <summary>All areas, in the order in which they are run.</summary>
internal static class AreaTable
{
    public static Area[] All =>
    [
        ChmodArea.Area,
        ChownArea.Area,
    ];
}
