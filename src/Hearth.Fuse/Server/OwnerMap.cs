namespace Hearth.Fuse.Server;

/// <summary>
/// How owners of files are told to the guest. A root's server tells them as they are; that of an ordinary user, who can make files of
/// his own alone, tells his as the container's user, and everybody else's as nobody's.
/// </summary>
public sealed record OwnerMap
{
    /// <summary>What ids that have no name here are shown as (user_namespaces(7), the overflow id).</summary>
    private const uint Nobody = 65534;
    private const uint Unchanged = uint.MaxValue;

    private readonly bool _isMapped;
    private readonly (uint User, uint Group) _host;
    private readonly (uint User, uint Group) _guest;

    private OwnerMap(bool isMapped, (uint User, uint Group) host, (uint User, uint Group) guest) => (_isMapped, _host, _guest) = (isMapped, host, guest);

    /// <summary>Owners are those of the host.</summary>
    public static OwnerMap AsIs { get; } = new(false, default, default);

    public bool IsMapped => _isMapped;

    /// <summary>The host's user and group are that of the guest.</summary>
    public static OwnerMap Of((uint User, uint Group) host, (uint User, uint Group) guest) => new(true, host, guest);

    public uint UserToGuest(uint user) => !_isMapped ? user : user == _host.User ? _guest.User : Nobody;

    public uint GroupToGuest(uint group) => !_isMapped ? group : group == _host.Group ? _guest.Group : Nobody;

    /// <summary>False when the host's user may give files to nobody of that id; <c>-1</c> stays what it is.</summary>
    public bool TryUserToHost(uint user, out uint host)
    {
        host = !_isMapped || user == Unchanged ? user : _host.User;
        return !_isMapped || user == Unchanged || user == _guest.User;
    }

    public bool TryGroupToHost(uint group, out uint host)
    {
        host = !_isMapped || group == Unchanged ? group : _host.Group;
        return !_isMapped || group == Unchanged || group == _guest.Group;
    }
}
