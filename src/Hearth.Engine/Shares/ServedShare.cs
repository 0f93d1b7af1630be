using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Fuse.Server;
using Hearth.Fuse.Watch;
using Hearth.Linux;
using Hearth.Protocol.Shares;

namespace Hearth.Engine.Shares;

/// <summary>One share and its server, which is made when it is known whose the files are to be in the guest.</summary>
internal sealed class ServedShare : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MountSpec _mount;
    private readonly HostWatch? _watch;
    private readonly IGuestKernel _kernel;
    private (uint User, uint Group) _owner;
    private FuseServer? _server;

    public ServedShare(MountSpec mount, HostWatch? watch, IGuestKernel kernel)
    {
        _mount = mount;
        _watch = watch;
        _kernel = kernel;
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
                _owner = (user, group);
                Begin(Open(ShareServers.OwnersFor(user, group)));
            }
        }
    }

    /// <summary><c>u8 1, u32 user, u32 group</c> and the server's state; <c>u8 0</c> of one that was never mounted.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_server is not null);
        if (_server is not null)
        {
            writer.Write(_owner.User);
            writer.Write(_owner.Group);
            _server.Save(writer);
        }
    }

    /// <exception cref="InvalidDataException">It is no such state.</exception>
    public void Load(BinaryReader reader)
    {
        if (!reader.ReadBoolean())
        {
            return;
        }

        _owner = (reader.ReadUInt32(), reader.ReadUInt32());
        FuseServer server = Open(ShareServers.OwnersFor(_owner.User, _owner.Group));
        try
        {
            server.Load(reader);
        }
        catch
        {
            server.Dispose();
            throw;
        }

        Begin(server);
    }

    public void Dispose() => _server?.Dispose();

    private void Begin(FuseServer server)
    {
        if (_watch is not null)
        {
            server.Follow(_watch, _kernel);
        }

        Volatile.Write(ref _server, server);
    }

    private FuseServer Open(OwnerMap owners)
    {
        try
        {
            return new FuseServer(new ShareOptions(_mount.Source) { ReadOnly = _mount.ReadOnly, Owners = owners, MaxTransferBytes = ShareFrame.MaxTransferBytes });
        }
        catch (ErrnoException e)
        {
            throw new HearthException("mount.source", $"{_mount.Source} cannot be shared: {e.Message}", "Name a file or directory that is there and that you may read.", inner: e);
        }
    }
}
