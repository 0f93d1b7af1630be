namespace Hearth.Engine.Snapshots;

/// <summary>What is to be frozen.</summary>
/// <param name="Kind">What for.</param>
/// <param name="Name">Its name in the manifest.</param>
/// <param name="Directory">An empty directory for its files.</param>
/// <param name="GoOn">The VM runs on; otherwise it stands still and its owner ends it.</param>
/// <param name="DiskOnly">The disk alone, with its file system clean.</param>
/// <param name="Copies">How many copies will be made of it at once; 0 when that is not known.</param>
internal sealed record CaptureRequest(FrozenKind Kind, string Name, string Directory, bool GoOn, bool DiskOnly = false, int Copies = 0);
