namespace Hearth.Images.Store;

/// <summary>One line of <c>hearth rmi</c> or <c>hearth image prune</c>: a name taken away, or an image deleted.</summary>
/// <param name="Name">The familiar name, or the id of the deleted image.</param>
/// <param name="Deleted">Whether the image itself is gone.</param>
public readonly record struct RemovedImage(string Name, bool Deleted)
{
    public override string ToString() => (Deleted ? "Deleted: " : "Untagged: ") + Name;
}
