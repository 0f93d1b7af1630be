using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using Hearth.Agent.Boot;
using Hearth.Agent.Users;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Guest;
using Hearth.Linux.Mounts;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Shares;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Shares;

// Theory of operation
//
// A share is a FUSE file system of the guest's kernel whose server is on the host. The agent does no file-system work: it opens
// /dev/fuse, mounts, and carries the kernel's messages, unchanged, between one descriptor per port (queue) and that port.
//
//   process ── kernel ── /dev/fuse queue 0 ── thread ──► port 0 ──► host's server ──► port 0 ── thread ── /dev/fuse queue 0
//                        /dev/fuse queue 1 ── thread ──► port 1 …
//
// The kernel hands a request to whichever queue's thread reads first, and wants the answer on that queue. The mount is made where
// no container sees it, and attached in the container's mounts as a detached copy.
//
// The threads that carry messages stay on the first CPU. A request that wakes one of them on another, idle CPU, and an answer that wakes
// the next on a third, are wakes across CPUs, each an interrupt and a thread of the host's under emulation: together half of a round
// trip with two CPUs. Kept together, single operations took 0.5 to 0.8 of the time.

/// <summary>The shares of this guest.</summary>
internal sealed class GuestShares
{
    private const string Module = $"{GuestPaths.Modules}/fuse.ko";

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<int, ShareQueue[]> _shares = new();
    private readonly ShareGate _gate = new();
    private SharePort[] _ports = [];

    /// <summary>Mounts a share.</summary>
    /// <param name="share">What is asked.</param>
    /// <param name="owner">Whom the files of the share's owner belong to in the container.</param>
    /// <returns>The mount, to be attached.</returns>
    public SafeFileHandle Mount(GuestShare share, ResolvedUser owner)
    {
        lock (_lock)
        {
            OpenPorts();
            SendOwner(share.Id, owner);
            SafeFileHandle device = FuseDevice.Open();
            string place = $"{GuestPaths.Shares}/{share.Id.ToString(CultureInfo.InvariantCulture)}";
            FileSystems.MakeDirectory(GuestPaths.Shares);
            MakePlace(place, share.IsFile);
            string mode = share.IsFile ? "100000" : "40000";
            string options = string.Create(CultureInfo.InvariantCulture, $"fd={(int)device.DangerousGetHandle()},rootmode={mode},user_id=0,group_id=0,allow_other,default_permissions");
            FileSystems.Mount("hearth", place, "fuse", share.ReadOnly ? MountFlags.ReadOnly : MountFlags.None, options);
            WrittenFiles written = new();
            _shares[share.Id] = [.. _ports.Select((port, i) => new ShareQueue(share.Id, i == 0 ? device : FuseDevice.Clone(device), port, written, _gate))];
            Array.ForEach(_shares[share.Id], static queue => queue.Start());
            SafeFileHandle tree = MountTree.Copy(place);
            _ = FileSystems.TryDetach(place); // It is known to the container alone, and ends with its mounts.
            return tree;
        }
    }

    private static void MakePlace(string place, bool isFile)
    {
        if (isFile)
        {
            File.WriteAllText(place, "");
        }
        else
        {
            FileSystems.MakeDirectory(place);
        }
    }

    private void OpenPorts()
    {
        if (_ports.Length > 0)
        {
            return;
        }

        if (File.Exists(Module))
        {
            GuestKernel.LoadModule(Module);
        }

        _ports = [.. Enumerable.Range(0, SharePorts.Count).Select(i => new SharePort(i, share => Find(share, i)))];
        _ports[0].Notices = new NoticeTaker(_ports[0]);
        Array.ForEach(_ports, static port => port.Start());
    }

    /// <summary>Has nothing under way, and says so on every port; or lets everybody go on.</summary>
    /// <exception cref="Core.Errors.HearthException"><c>shares.busy</c>.</exception>
    public void Hold(bool held)
    {
        if (!held)
        {
            _gate.Open();
            return;
        }

        _gate.Shut();
        Span<byte> still = stackalloc byte[ShareFrame.HeaderBytes];
        lock (_lock)
        {
            foreach (SharePort port in _ports)
            {
                port.Send(still, 0, ShareFrameKind.Still);
            }
        }
    }

    private ShareQueue? Find(int share, int port) => _shares.GetValueOrDefault(share)?[port];

    private void SendOwner(int share, ResolvedUser owner)
    {
        Span<byte> frame = stackalloc byte[ShareFrame.HeaderBytes + (2 * sizeof(uint))];
        BinaryPrimitives.WriteUInt32LittleEndian(frame[ShareFrame.HeaderBytes..], owner.User);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[(ShareFrame.HeaderBytes + sizeof(uint))..], owner.Group);
        foreach (SharePort port in _ports)
        {
            port.Send(frame, share, ShareFrameKind.Owner);
        }
    }
}
