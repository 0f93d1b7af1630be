using Hearth.Networking.Rules;

namespace Hearth.Networking.Kernel;

// One table of the host's, inet hearth_host. Its rules are the same for one VM and for a thousand: who may send what is in sets, which
// the kernel looks up by hash.
//
//   source    (prerouting, before connection tracking)  what a VM's interface gives is from that VM's addresses, or dropped
//   forward                                            nothing from VM to VM; into a VM only answers, and what is for an open address
//   leave     (postrouting)                            a VM's packets get the address of the interface they leave by, but for open ones
//
// Each change is one transaction that brings the constant part anew: it does not matter what was there before, and a table that
// somebody else removed is back with the next VM.

/// <summary>Writes the host's rule set. Text only: who runs nft is not its business.</summary>
internal static class HostRules
{
    public const string Table = "inet hearth_host";

    private const string Guests = "\"" + KernelRequest.GuestPrefix + "*\"";

    private static readonly string[] s_chains = ["source", "forward", "leave"];

    /// <summary>One transaction that lets a VM in.</summary>
    /// <param name="guest">The VM.</param>
    /// <param name="before">One that had the same address and is dead; null for none.</param>
    public static string Add(HostGuest guest, HostGuest? before)
    {
        NftText text = new();
        Declare(text);
        foreach (string element in before is null ? [] : Elements(before))
        {
            Delete(text, element);
        }

        foreach (string element in Elements(guest))
        {
            text.Line($"add element {element}");
        }

        return text.ToString();
    }

    /// <summary>One transaction that takes a VM out, and all of the table with the last.</summary>
    public static string Remove(HostGuest guest, bool isLast)
    {
        NftText text = new();
        if (isLast)
        {
            return text.Line($"table {Table} {{ }}").Line($"delete table {Table}").ToString();
        }

        WriteSets(text);
        foreach (string element in Elements(guest))
        {
            Delete(text, element);
        }

        return text.ToString();
    }

    /// <summary>An element that is not there cannot be deleted; one that is can be added.</summary>
    private static void Delete(NftText text, string element) => text.Line($"add element {element}").Line($"delete element {element}");

    private static IEnumerable<string> Elements(HostGuest guest)
    {
        yield return $"{Table} guests4 {{ \"{guest.Interface}\" . {guest.Address} }}";
        if (guest.Address6 is { } address6)
        {
            yield return $"{Table} guests6 {{ \"{guest.Interface}\" . {address6} }}";
            if (guest.IsOpen6)
            {
                yield return $"{Table} open6 {{ \"{guest.Interface}\" . {address6} }}";
            }
        }
    }

    private static void WriteSets(NftText text)
    {
        using (text.Block($"table {Table}"))
        {
            text.Line("set guests4 { type ifname . ipv4_addr; }").Line("set guests6 { type ifname . ipv6_addr; }").Line("set open6 { type ifname . ipv6_addr; }");
        }
    }

    private static void Declare(NftText text)
    {
        WriteSets(text);
        using (text.Block($"table {Table}"))
        {
            text.Line("chain source { type filter hook prerouting priority raw; policy accept; }")
                .Line("chain forward { type filter hook forward priority filter; policy accept; }")
                .Line("chain leave { type nat hook postrouting priority srcnat; policy accept; }");
        }

        foreach (string chain in s_chains)
        {
            text.Line($"flush chain {Table} {chain}");
        }

        using (text.Block($"table {Table}"))
        {
            using (text.Block("chain source"))
            {
                text.Line($"iifname != {Guests} return").Line("iifname . ip saddr @guests4 return").Line("iifname . ip6 saddr @guests6 return").Line("counter drop");
            }

            using (text.Block("chain forward"))
            {
                text.Line($"oifname != {Guests} return")
                    .Line($"iifname {Guests} counter drop")
                    .Line("ct state established,related accept")
                    .Line("oifname . ip6 daddr @open6 accept")
                    .Line("counter drop");
            }

            using (text.Block("chain leave"))
            {
                text.Line($"oifname {Guests} return").Line("iifname . ip6 saddr @open6 return").Line("iifname . ip saddr @guests4 masquerade").Line("iifname . ip6 saddr @guests6 masquerade");
            }
        }
    }
}
