namespace Hearth.Images.RootFs;

/// <summary>A hard link whose target its own layer has not shown yet.</summary>
/// <param name="Name">The link, for errors.</param>
/// <param name="Target">The name it links to.</param>
/// <param name="Layer">The layer of the link.</param>
/// <param name="Inode">What the link's names share so far.</param>
internal sealed record PendingLink(string Name, string Target, int Layer, LayerInode Inode);
