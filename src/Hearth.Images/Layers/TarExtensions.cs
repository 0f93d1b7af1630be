namespace Hearth.Images.Layers;

/// <summary>What extension headers say about the next entry: GNU long names, PAX records, and the global records under them.</summary>
internal sealed class TarExtensions
{
    private readonly Dictionary<string, byte[]> _global = [];
    private readonly List<KeyValuePair<string, byte[]>> _local = [];
    private long _localBytes;

    public string? LongName { get; set; }

    public string? LongLink { get; set; }

    public bool HaveAny => LongName is not null || LongLink is not null || _local.Count > 0;

    /// <summary>The records of the next entry alone, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Local => _local;

    /// <summary>False too when headers in a row hold more than one header may: a small archive must not fill the memory.</summary>
    public bool TryAddLocal(ReadOnlySpan<byte> body)
    {
        _localBytes += body.Length;
        return _localBytes <= LayerLimits.ExtensionBytes && PaxRecords.TryParse(body, _local);
    }

    /// <summary>Global records hold until another takes their place; an empty value takes them away.</summary>
    public bool TryAddGlobal(ReadOnlySpan<byte> body)
    {
        var records = new List<KeyValuePair<string, byte[]>>();
        if (!PaxRecords.TryParse(body, records))
        {
            return false;
        }

        foreach ((string keyword, byte[] value) in records)
        {
            _global[keyword] = value;
        }

        // A stream of ever new global keywords must not fill the memory.
        return _global.Sum(record => (long)record.Key.Length + record.Value.Length) <= LayerLimits.ExtensionBytes;
    }

    public void Reset()
    {
        LongName = null;
        LongLink = null;
        _localBytes = 0;
        _local.Clear();
    }

    /// <summary>The value that holds for the next entry; null when there is none, or when an empty one takes it away.</summary>
    public byte[]? Find(string keyword)
    {
        for (int i = _local.Count - 1; i >= 0; i--)
        {
            if (_local[i].Key == keyword)
            {
                return _local[i].Value is { Length: > 0 } value ? value : null;
            }
        }

        return _global.TryGetValue(keyword, out byte[]? global) && global.Length > 0 ? global : null;
    }

    /// <summary>Extended attributes, later records in the place of earlier ones. An empty value is one for an attribute.</summary>
    public List<KeyValuePair<string, byte[]>> Attributes()
    {
        var found = new List<KeyValuePair<string, byte[]>>();
        foreach ((string keyword, byte[] value) in _global.Concat(_local))
        {
            if (!keyword.StartsWith(PaxRecords.AttributePrefix, StringComparison.Ordinal))
            {
                continue;
            }

            string name = keyword[PaxRecords.AttributePrefix.Length..];
            found.RemoveAll(attribute => attribute.Key == name);
            found.Add(new(name, value));
        }

        return found;
    }
}
