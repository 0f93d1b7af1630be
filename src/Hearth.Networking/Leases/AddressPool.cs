using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Hashing;
using Hearth.Linux.Files;

namespace Hearth.Networking.Leases;

// Theory of operation
//
// A lease is a file <directory>/<address>.lock that is locked (flock(2)) by the owner's supervisor for as long as that lives, and a file <address>
// beside it with the owner's id. So a lease ends with its owner, however that ends: the kernel lets the lock go, and the files that are left say
// nothing any more. Nobody has to find out who is dead. (They are two because .NET locks what it reads and writes, with flock(2) too.)
//
// Files are made and removed under the pool's own lock, a leaf lock held for a few system calls: else one could be removed while another
// has just opened it, and the address be leased twice.
//
// The first address tried is decided by the owner's id: who starts again mostly has the same, and the cost does not grow with
// the number of leases.

/// <summary>Addresses of one network, each leased to one owner at a time.</summary>
/// <param name="directory">Where the leases are; made when it is not there.</param>
/// <param name="network">What they are from. The first address (the network itself), the last of IPv4 (broadcast) and those kept are never leased.</param>
/// <param name="kept">Addresses of the network that have another use.</param>
public sealed class AddressPool(string directory, IPNetwork network, IReadOnlyCollection<IPAddress> kept)
{
    /// <summary>More are not tried: an IPv6 network has no end.</summary>
    private const int MostTries = 1 << 16;

    public IPNetwork Network => network;

    private string LockFile => Path.Combine(directory, "lock");

    /// <summary>Leases a free address.</summary>
    /// <param name="owner">A VM's id.</param>
    /// <param name="mayUse">False for an address that cannot be used, whoever has it; asked under the pool's lock.</param>
    /// <param name="cancellationToken">Ends the wait for the pool's lock.</param>
    /// <exception cref="HearthException"><c>network.exhausted</c>, <c>lock.failed</c>.</exception>
    public async Task<AddressLease> TakeAsync(string owner, Func<IPAddress, bool>? mayUse, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using FileLock held = await FileLock.AcquireAsync(LockFile, cancellationToken);
        foreach (IPAddress address in Candidates(owner))
        {
            if (!kept.Contains(address) && mayUse?.Invoke(address) != false && FileLock.TryAcquire(AddressLease.LockOf(FileOf(address))) is { } lease)
            {
                File.WriteAllText(FileOf(address), owner);
                return new AddressLease(address, owner, FileOf(address), LockFile, lease);
            }
        }

        throw new HearthException("network.exhausted", $"No address of {network} is free.", "Remove VMs that use the network, or use one with a larger subnet.");
    }

    /// <summary>Who has an address now; null for nobody.</summary>
    public string? OwnerOf(IPAddress address)
    {
        if (!network.Contains(address))
        {
            return null;
        }

        try
        {
            string owner = File.ReadAllText(FileOf(address));
            string lockFile = AddressLease.LockOf(FileOf(address));
            using FileLock? dead = FileLock.TryAcquireExisting(lockFile, FileLockMode.Shared);
            return dead is null && File.Exists(lockFile) && owner.Length > 0 ? owner : null;
        }
        catch (IOException)
        {
            return null; // Never leased, given back, or being written.
        }
    }

    /// <summary>All that are leased now, in no order.</summary>
    public IReadOnlyList<(IPAddress Address, string Owner)> Leased()
    {
        List<(IPAddress, string)> leased = [];
        if (Directory.Exists(directory))
        {
            foreach (string file in Directory.EnumerateFiles(directory))
            {
                if (IPAddress.TryParse(Path.GetFileName(file), out IPAddress? address) && OwnerOf(address) is { } owner)
                {
                    leased.Add((address, owner));
                }
            }
        }

        return leased;
    }

    private string FileOf(IPAddress address) => Path.Combine(directory, address.ToString());

    private IEnumerable<IPAddress> Candidates(string owner)
    {
        bool old = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        int bits = Math.Min((old ? 32 : 128) - network.PrefixLength, 62);
        ulong size = 1UL << bits;
        ulong last = old && bits > 1 ? size - 2 : size - 1; // Of IPv4 the last one is everybody's.
        if (last == 0)
        {
            yield break;
        }

        ulong start = BinaryPrimitives.ReadUInt64BigEndian(Sha256.HashData(Encoding.ASCII.GetBytes(owner))) % last;
        for (ulong i = 0; i < Math.Min(last, MostTries); i++)
        {
            yield return At(1 + ((start + i) % last));
        }
    }

    private IPAddress At(ulong offset)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        for (int i = bytes.Length - 1; i >= 0 && offset > 0; i--, offset >>= 8)
        {
            bytes[i] |= (byte)offset;
        }

        return new IPAddress(bytes);
    }
}
