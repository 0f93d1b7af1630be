using System.Net;
using Hearth.Networking.Dns;

namespace Hearth.Networking.Egress;

/// <summary>
/// The addresses that our resolver gave a guest, each with the names that it gave it for: what stands for a name where a
/// connection says none. A grant lives as long as its answer may be kept, within bounds, and while a connection holds it.
/// </summary>
/// <remarks>
/// Whether a name is allowed is not decided here but when it is used, so that a changed policy holds for what was granted before.
/// </remarks>
public sealed class GrantedAddresses(TimeProvider time)
{
    /// <summary>Programs keep addresses for longer than a short TTL says.</summary>
    public static readonly TimeSpan Floor = TimeSpan.FromMinutes(5);

    /// <summary>The forwarder lowers the TTLs that the guest sees to the same.</summary>
    public static readonly TimeSpan Cap = DnsForwarder.MaxTimeToLive;

    /// <summary>For a connection that is made in the last moment of a TTL.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    internal const int MaxAddresses = 16384;
    internal const int MaxNames = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Grant> _grants = [];

    public static TimeSpan LifeOf(TimeSpan timeToLive) => (timeToLive < Floor ? Floor : timeToLive > Cap ? Cap : timeToLive) + Grace;

    /// <summary>Notes that a name has an address. False when there is no room: then the address stays closed.</summary>
    public bool Add(IPAddress address, string name, TimeSpan timeToLive)
    {
        long now = time.GetTimestamp();
        long until = now + (long)(LifeOf(timeToLive).TotalSeconds * time.TimestampFrequency);
        lock (_lock)
        {
            if (!_grants.TryGetValue(address, out Grant? grant))
            {
                if (_grants.Count >= MaxAddresses && !MakeRoom(now))
                {
                    return false;
                }

                _grants.Add(address, grant = new Grant());
            }

            grant.Forget(now);
            if (grant.Names.Count >= MaxNames && !grant.Names.ContainsKey(name))
            {
                return false;
            }

            grant.Names[name] = Math.Max(until, grant.Names.GetValueOrDefault(name));
            return true;
        }
    }

    /// <summary>The names that an address may still be used for.</summary>
    public IReadOnlyList<string> NamesOf(IPAddress address)
    {
        lock (_lock)
        {
            if (!_grants.TryGetValue(address, out Grant? grant))
            {
                return [];
            }

            grant.Forget(time.GetTimestamp());
            return [.. grant.Names.Keys];
        }
    }

    /// <summary>All that is granted now: what a new rule set begins with.</summary>
    public IReadOnlyList<GrantedAddress> Snapshot()
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            foreach (Grant grant in _grants.Values)
            {
                grant.Forget(now);
            }

            return [.. _grants
                .Where(static pair => pair.Value.Names.Count > 0)
                .Select(pair => new GrantedAddress(pair.Key, [.. pair.Value.Names.Keys], Floored(pair.Value.Names.Values.Max() - now)))];
        }
    }

    /// <summary>Keeps an address's names until disposed.</summary>
    public IDisposable Hold(IPAddress address)
    {
        lock (_lock)
        {
            _grants.TryGetValue(address, out Grant? grant);
            if (grant is not null)
            {
                grant.Holders++;
            }

            return new Holder(this, grant);
        }
    }

    /// <summary>A second at least: one that a connection holds may have ended otherwise.</summary>
    private TimeSpan Floored(long ticks) => TimeSpan.FromSeconds(Math.Max(1, (double)ticks / time.TimestampFrequency));

    private bool MakeRoom(long now)
    {
        foreach ((IPAddress address, Grant grant) in _grants)
        {
            grant.Forget(now);
            if (grant.Names.Count == 0)
            {
                _grants.Remove(address);
            }
        }

        return _grants.Count < MaxAddresses;
    }

    private sealed class Grant
    {
        /// <summary>Each with the timestamp at which it ends.</summary>
        public Dictionary<string, long> Names { get; } = [];

        public int Holders { get; set; }

        public void Forget(long now)
        {
            if (Holders > 0)
            {
                return;
            }

            foreach ((string name, long until) in Names)
            {
                if (until <= now)
                {
                    Names.Remove(name);
                }
            }
        }
    }

    private sealed class Holder(GrantedAddresses owner, Grant? grant) : IDisposable
    {
        private Grant? _grant = grant;

        public void Dispose()
        {
            lock (owner._lock)
            {
                if (_grant is not null)
                {
                    _grant.Holders--;
                    _grant = null;
                }
            }
        }
    }
}
