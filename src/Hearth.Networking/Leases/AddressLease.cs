using System.Net;
using Hearth.Linux.Files;

namespace Hearth.Networking.Leases;

/// <summary>An address that is its owner's until this is disposed, or the process ends.</summary>
public sealed class AddressLease : IDisposable
{
    private readonly string _file;
    private readonly string _poolLock;
    private readonly FileLock _lock;
    private bool _ended;

    internal AddressLease(IPAddress address, string owner, string file, string poolLock, FileLock held)
    {
        Address = address;
        Owner = owner;
        _file = file;
        _poolLock = poolLock;
        _lock = held;
    }

    public IPAddress Address { get; }

    /// <summary>The VM's id.</summary>
    public string Owner { get; }

    internal static string LockOf(string file) => file + ".lock";

    /// <summary>The pool's lock is held by others for a few system calls only. When it cannot be had, the files stay, and say nothing.</summary>
    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        using (FileLock? pool = FileLock.TryAcquire(_poolLock))
        {
            if (pool is not null)
            {
                File.Delete(_file);
                File.Delete(LockOf(_file));
            }
        }

        _lock.Dispose();
    }
}
