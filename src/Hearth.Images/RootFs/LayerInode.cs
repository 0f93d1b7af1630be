using Hearth.Images.Layers;

namespace Hearth.Images.RootFs;

/// <summary>
/// What one or more names of a layer share. Hard links join inodes: a link to a name that only a lower layer can have is an
/// inode of its own until that layer is read, and stands for the other one from then on.
/// </summary>
internal sealed class LayerInode(string path, TarEntry? leaf)
{
    private LayerInode? _joined;
    private List<string>? _waiting;

    /// <summary>The first name in its layer, by which its content is found again.</summary>
    public string Path { get; } = path;

    /// <summary>The entry of a symbolic link, device or fifo, which can be written again; null for a file.</summary>
    public TarEntry? Leaf { get; } = leaf;

    /// <summary>The name it was written under; null while no visible name needed it.</summary>
    public string? WrittenAs { get; set; }

    /// <summary>Visible names that wait for content.</summary>
    public IReadOnlyList<string> Waiting => _waiting ?? (IReadOnlyList<string>)[];

    /// <summary>The inode this one came to stand for.</summary>
    public LayerInode Final => _joined is null ? this : _joined.Final;

    public void Wait(string name) => (_waiting ??= []).Add(name);

    public void Join(LayerInode target) => _joined = target;
}
