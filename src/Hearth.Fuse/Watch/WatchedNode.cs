using Hearth.Fuse.Nodes;
using Hearth.Fuse.Server;

namespace Hearth.Fuse.Watch;

/// <summary>Who has to know of what happens in a directory.</summary>
/// <param name="Server">Serves it.</param>
/// <param name="Node">The directory there.</param>
internal readonly record struct WatchedNode(FuseServer Server, Node Node);
