namespace Hearth.Fuse.Nodes;

/// <summary>Names that the guest itself is taking away: the host's word that they are gone is no news.</summary>
internal sealed class OwnRemovals
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(ulong Directory, ulong Name), int> _pending = [];

    public void Add(Node directory, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_pending, KeyOf(directory, name), out _)++;
        }
    }

    /// <summary>Whether the guest did it; once for each time.</summary>
    public bool Take(Node directory, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            (ulong, ulong) key = KeyOf(directory, name);
            if (!_pending.TryGetValue(key, out int times))
            {
                return false;
            }

            if (times == 1)
            {
                _ = _pending.Remove(key);
            }
            else
            {
                _pending[key] = times - 1;
            }

            return true;
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _pending.Clear();
        }
    }

    private static (ulong, ulong) KeyOf(Node directory, ReadOnlySpan<byte> name)
    {
        HashCode low = default;
        low.AddBytes(name);
        HashCode high = default;
        high.Add(name.Length);
        high.AddBytes(name);
        return (directory.Id, ((ulong)(uint)high.ToHashCode() << 32) | (uint)low.ToHashCode());
    }
}
