using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Supervision;
using Hearth.Fuse.Server;
using Hearth.Fuse.Watch;
using Hearth.Linux;
using Hearth.Linux.Processes;
using Hearth.Protocol.Agent;

namespace Hearth.Engine.Shares;

// Theory of operation
//
// A share is a file server (Hearth.Fuse) that its guest reaches over the VM's ports for shares. It lives as long as the guest runs.
//
// The guest is saved with its shares held: notices stop and have all been taken; the agent lets no request begin and waits
// for the answers of those under way; it says Still on every port, behind all that it sent. Then what the servers know of the
// guest is written beside its memory. A copy's servers begin with that, compare it with the host (files may have
// changed since), and then the copy's agent is told to go on.

/// <summary>Serves a VM's shares on its ports, for as long as the guest lives.</summary>
internal sealed class ShareServers : IDisposable
{
    /// <summary>The guest has said that it is still; what it sent before has only to be read.</summary>
    private static readonly TimeSpan s_stillBound = TimeSpan.FromSeconds(30);

    private readonly List<ServedShare> _shares = [];
    private readonly List<SharePortServer> _ports;
    private readonly GuestNotices _notices;
    private readonly HostWatch? _watch;

    /// <param name="mounts">What is shared, by number.</param>
    /// <param name="ports">The host's ends of the ports; they stay their owner's, whose closing them ends the serving.</param>
    /// <param name="state">What servers of another life knew of this guest (<see cref="Save"/>); null: it knows nothing.</param>
    /// <exception cref="HearthException">A source is not there, or not for this user; <c>snapshot.corrupt</c>.</exception>
    public ShareServers(IReadOnlyList<MountSpec> mounts, IReadOnlyList<Socket> ports, byte[]? state)
    {
        _watch = TryWatch();
        _ports = [.. ports.Select(port => new SharePortServer(port, _shares, TakeNotice))];
        _notices = new GuestNotices(_ports[0]) { Overflowed = CompareAll };
        try
        {
            for (int i = 0; i < mounts.Count; i++)
            {
                _shares.Add(new ServedShare(mounts[i], _watch, _notices.Of(i)));
            }

            if (state is not null)
            {
                Load(state);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether a share is one file, by number.</summary>
    public bool IsFile(int share) => _shares[share].IsFile;

    public void Start() => _ports.ForEach(static port => port.Start());

    /// <summary>Nothing is under way between the guest and its servers afterwards, until <see cref="LetGoAsync"/>, which is to be called whatever happens.</summary>
    /// <exception cref="HearthException"><c>shares.busy</c>; the guest does not answer.</exception>
    public async Task HoldAsync(AgentClient agent, CancellationToken cancellationToken)
    {
        await _notices.HoldAsync(s_stillBound, cancellationToken);
        Task still = Task.WhenAll(_ports.Select(static port => port.StillAsync()));
        await agent.CallAsync(new HoldSharesRequest(Held: true), cancellationToken);
        try
        {
            await still.WaitAsync(s_stillBound, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new HearthException("guest.protocol", "The VM's agent did not fall silent on its ports for shares.", "Start the VM again.", inner: e);
        }
    }

    /// <summary>Lets the guest go on.</summary>
    public async Task LetGoAsync(AgentClient agent)
    {
        await agent.CallAsync(new HoldSharesRequest(Held: false), CancellationToken.None);
        _notices.LetGo();
    }

    /// <summary>What the servers know of the guest, while they are held: <c>u32 shares</c>, and the state of each.</summary>
    public byte[] Save()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write((uint)_shares.Count);
        _shares.ForEach(share => share.Save(writer));
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Tells the guest what has changed on the host since it was told last.</summary>
    public void CompareAll() => _shares.ForEach(static share => share.Server?.CompareAll());

    /// <summary>The ports were closed: waits until nobody serves any more.</summary>
    public void Dispose()
    {
        _notices.Dispose();
        _ports.ForEach(static port => port.Dispose());
        _shares.ForEach(static share => share.Dispose());
        _watch?.Dispose();
    }

    /// <summary>Whose files are shown as the container's user's: of a server that may not give files to others.</summary>
    internal static OwnerMap OwnersFor(uint user, uint group) =>
        ProcessTable.IsRoot ? OwnerMap.AsIs : OwnerMap.Of((ProcessTable.EffectiveUser, ProcessTable.EffectiveGroup), (user, group));

    private void Load(byte[] state)
    {
        try
        {
            using BinaryReader reader = new(new MemoryStream(state));
            if (reader.ReadUInt32() != _shares.Count)
            {
                throw new InvalidDataException("it is of another number of shares");
            }

            _shares.ForEach(share => share.Load(reader));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new HearthException("snapshot.corrupt", $"What the guest knows of the host's files cannot be read: {e.Message}", "Remove the snapshot and make it again.", inner: e);
        }
    }

    private void TakeNotice() => _notices.Taken();

    /// <summary>Without one the guest relies on nothing for more than a second.</summary>
    private static HostWatch? TryWatch()
    {
        try
        {
            return new HostWatch();
        }
        catch (ErrnoException)
        {
            return null;
        }
    }
}
