namespace Hearth.Posix.Scenes;

/// <summary>Credentials that a scene can take on.</summary>
internal sealed record User(string Name, uint Id, uint Group, params uint[] Groups)
{
    public static readonly User Root = new("root", 0, 0);
    public static readonly User Alice = new("alice", 65501, 65511);
    public static readonly User Bob = new("bob", 65502, 65512);

    /// <summary>Bob in the group of Alice.</summary>
    public static readonly User BobOfAlices = new("bob in alice's group", 65502, 65511);

    /// <summary>Bob with the group of Alice among his supplementary groups.</summary>
    public static readonly User BobBesideAlice = new("bob with alice's group beside", 65502, 65512, 65511);

    /// <summary>Alice with a second group, <see cref="Team"/>.</summary>
    public static readonly User AliceOfTeam = new("alice of the team", 65501, 65511, Team);

    public const uint Team = 65520;

    public override string ToString() => Name;
}
