using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Fuse.Server;
using Hearth.Linux.Processes;
using Hearth.Protocol.Shares;

namespace Hearth.Engine.Shares;

/// <summary>Serves a VM's shares on its ports, for as long as the guest lives.</summary>
internal sealed class ShareServers : IDisposable
{
    private readonly List<ServedShare> _shares = [];
    private readonly List<SharePortServer> _ports;

    /// <param name="mounts">What is shared, by number.</param>
    /// <param name="ports">The host's ends of the ports; they stay their owner's, whose closing them ends the serving.</param>
    /// <exception cref="Hearth.Core.Errors.HearthException">A source is not there, or not for this user.</exception>
    public ShareServers(IReadOnlyList<MountSpec> mounts, IReadOnlyList<Socket> ports)
    {
        foreach (MountSpec mount in mounts)
        {
            _shares.Add(new ServedShare(mount));
        }

        _ports = [.. ports.Select(port => new SharePortServer(port, _shares))];
    }

    /// <summary>Whether a share is one file, by number.</summary>
    public bool IsFile(int share) => _shares[share].IsFile;

    public void Start() => _ports.ForEach(static port => port.Start());

    /// <summary>The ports were closed: waits until nobody serves any more.</summary>
    public void Dispose()
    {
        _ports.ForEach(static port => port.Dispose());
        _shares.ForEach(static share => share.Dispose());
    }

    /// <summary>Whose files are shown as the container's user's: of a server that may not give files to others.</summary>
    internal static OwnerMap OwnersFor(uint user, uint group) =>
        ProcessTable.IsRoot ? OwnerMap.AsIs : OwnerMap.Of((ProcessTable.EffectiveUser, ProcessTable.EffectiveGroup), (user, group));

    internal static int MaxMessageBytes => ShareFrame.HeaderBytes + ShareFrame.MaxMessageBytes;
}
