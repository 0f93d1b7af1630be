namespace Hearth.Cli.Listing.Doctor;

/// <summary>A chain of a firewall whose packets are dropped when no rule of it lets them pass.</summary>
/// <param name="Family">As nft(8) writes it; null for one of the kernel's old tables, which iptables-legacy(8) shows.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Name">Its own.</param>
internal sealed record DroppingChain(string? Family, string Table, string Name)
{
    public override string ToString() => Family is null ? $"chain {Name} of iptables-legacy's table {Table}" : $"chain {Name} of nftables' table {Family} {Table}";

    /// <summary>Commands that let VMs' packets pass, until the firewall is loaded anew.</summary>
    public string Cure => Family is null
        ? $"iptables-legacy -I {Name} -i hearth-+ -j ACCEPT; iptables-legacy -I {Name} -o hearth-+ -j ACCEPT"
        : $"nft insert rule {Family} {Table} {Name} iifname 'hearth-*' accept; nft insert rule {Family} {Table} {Name} oifname 'hearth-*' accept";
}
