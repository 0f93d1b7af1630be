namespace Hearth.Cli.Terminal;

/// <summary>
/// Looks for the detach keys in what is typed. A key that begins the sequence is held back until the next one decides:
/// either the sequence is complete, or all that was held goes on.
/// </summary>
internal sealed class DetachFilter(DetachKeys keys)
{
    private int _matched;

    /// <summary>What to send on; at <paramref name="detach"/> the rest, behind the keys, is dropped.</summary>
    public ReadOnlyMemory<byte> Pass(ReadOnlySpan<byte> typed, out bool detach)
    {
        var passed = new List<byte>(typed.Length + keys.Bytes.Count);
        detach = false;
        foreach (byte key in typed)
        {
            Advance(key, passed);
            if (_matched == keys.Bytes.Count)
            {
                detach = true;
                break;
            }
        }

        return passed.ToArray();
    }

    /// <summary>Releases held keys from the front until what is held, with <paramref name="key"/>, begins the sequence again.</summary>
    private void Advance(byte key, List<byte> passed)
    {
        List<byte> held = [.. keys.Bytes.Take(_matched), key];
        while (held.Count > 0 && !held.SequenceEqual(keys.Bytes.Take(held.Count)))
        {
            passed.Add(held[0]);
            held.RemoveAt(0);
        }

        _matched = held.Count;
    }
}
