using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;

namespace Hearth.Networking.Dns;

/// <summary>
/// Names that Hearth itself answers: the host's, and those of the VMs on a network. Nothing below <c>hearth.internal</c> is ever
/// asked elsewhere, nor is another type of a name that is here.
/// </summary>
/// <param name="neighbours">Names that change while nobody looks; null: there are none.</param>
public sealed class StaticNames(INeighbourNames? neighbours = null)
{
    public const string HostName = "host.hearth.internal";

    /// <summary>A top-level domain that is kept for private use; nobody else answers it.</summary>
    internal const string Zone = "hearth.internal";

    /// <summary>What is behind the names of a network's VMs: <c>web.NETWORK.hearth.internal</c>.</summary>
    public const string Suffix = "." + Zone;

    /// <summary>Seconds: a VM that leaves its network is not asked for much longer.</summary>
    internal const uint TimeToLive = 5;

    private volatile Table _table = new([]);

    /// <summary>Replaces all names at once. A name may have several addresses; the first name of an address is what its PTR says.</summary>
    public void Replace(IEnumerable<KeyValuePair<string, IPAddress>> names) => _table = new Table([.. names.Select(static pair => KeyValuePair.Create(Normalize(pair.Key), pair.Value))]);

    /// <summary>The addresses of a name of one family; null when the name is not answered here.</summary>
    public IReadOnlyList<IPAddress>? Find(string name, AddressFamily family) =>
        AddressesOf(name) is { } all ? [.. all.Where(address => address.AddressFamily == family)] : null;

    /// <summary>A reply for a question that is answered here; null for all others.</summary>
    internal byte[]? TryAnswer(ReadOnlySpan<byte> query, DnsMessage asked, out DnsAnswer? answer)
    {
        answer = null;
        DnsQuestion question = asked.Question;
        if (question.Class != 1)
        {
            return null;
        }

        Table table = _table;
        if (question.Type == DnsRecordType.Pointer && (table.Names.GetValueOrDefault(question.Name) ?? NeighbourAt(question.Name)) is { } name)
        {
            return DnsReply.Pointer(query, asked, name, TimeToLive);
        }

        if (AddressesOf(question.Name) is not { } addresses)
        {
            bool ours = question.Name == Zone || question.Name.EndsWith("." + Zone, StringComparison.Ordinal);
            return ours ? DnsReply.Empty(query, asked, DnsResponseCode.NoSuchName) : null;
        }

        IPAddress[] ofType = [.. addresses.Where(address => question.Type == (address.AddressFamily == AddressFamily.InterNetwork ? DnsRecordType.A : DnsRecordType.Aaaa))];
        answer = new DnsAnswer(question, [], ofType, TimeSpan.FromSeconds(TimeToLive));
        return DnsReply.Addresses(query, asked, ofType, TimeToLive);
    }

    private IReadOnlyList<IPAddress>? AddressesOf(string name) => _table.Addresses.GetValueOrDefault(name) ?? neighbours?.AddressesOf(name);

    private string? NeighbourAt(string question) => neighbours is not null && DnsNameText.TryReverse(question, out IPAddress? address) ? neighbours.NameOf(address) : null;

    private static string Normalize(string name) => DnsNameText.TryNormalize(name, out string normal) ? normal : throw new ArgumentException($"'{name}' is no domain name.", nameof(name));

    private sealed class Table(KeyValuePair<string, IPAddress>[] names)
    {
        public FrozenDictionary<string, IPAddress[]> Addresses { get; } = names
            .GroupBy(static pair => pair.Key, static pair => pair.Value)
            .ToFrozenDictionary(static group => group.Key, static group => group.Distinct().ToArray());

        /// <summary>By the name of the PTR question.</summary>
        public FrozenDictionary<string, string> Names { get; } = names
            .GroupBy(static pair => DnsNameText.Reverse(pair.Value), static pair => pair.Key)
            .ToFrozenDictionary(static group => group.Key, static group => group.First());
    }
}
