using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Fuse.Server;
using Hearth.Linux;

namespace Hearth.Engine.Shares;

/// <summary>One share and its server, which is made when the guest has said whose the files are to be there.</summary>
internal sealed class ServedShare : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MountSpec _mount;
    private FuseServer? _server;

    public ServedShare(MountSpec mount)
    {
        _mount = mount;
        using FuseServer probe = Open(OwnerMap.AsIs);
        IsFile = probe.IsFile;
    }

    public bool IsFile { get; }

    /// <summary>Null until the guest has said who owns it.</summary>
    public FuseServer? Server => Volatile.Read(ref _server);

    /// <summary>The container's user is known; every port says so, the first counts.</summary>
    public void SetOwner(uint user, uint group)
    {
        lock (_lock)
        {
            if (_server is null)
            {
                Volatile.Write(ref _server, Open(ShareServers.OwnersFor(user, group)));
            }
        }
    }

    public void Dispose() => _server?.Dispose();

    private FuseServer Open(OwnerMap owners)
    {
        try
        {
            return new FuseServer(new ShareOptions(_mount.Source) { ReadOnly = _mount.ReadOnly, Owners = owners, MaxTransferBytes = Protocol.Shares.ShareFrame.MaxTransferBytes });
        }
        catch (ErrnoException e)
        {
            throw new HearthException("mount.source", $"{_mount.Source} cannot be shared: {e.Message}", "Name a file or directory that is there and that you may read.", inner: e);
        }
    }
}
