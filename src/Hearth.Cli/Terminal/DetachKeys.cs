using Hearth.Core.Errors;

namespace Hearth.Cli.Terminal;

/// <summary>The keys that leave a session and let the process run on: <c>ctrl-p,ctrl-q</c>, a letter, <c>ctrl-@</c>.</summary>
internal sealed class DetachKeys
{
    public const string Default = "ctrl-p,ctrl-q";
    private const string Prefix = "ctrl-";

    private DetachKeys(byte[] bytes) => Bytes = bytes;

    /// <summary>What the terminal sends for the keys, in order.</summary>
    public IReadOnlyList<byte> Bytes { get; }

    /// <summary>Reads a comma-separated list; the empty text is no keys at all.</summary>
    /// <exception cref="HearthException"><c>detach-keys.invalid</c>.</exception>
    public static DetachKeys? Parse(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        byte[] bytes = [.. text.Split(',').Select(key => ParseKey(key) ?? throw Invalid(text, key))];
        return new DetachKeys(bytes);
    }

    private static byte? ParseKey(string key)
    {
        if (key.Length == 1 && char.IsAscii(key[0]))
        {
            return (byte)key[0];
        }

        // Control characters are the letters and @ [ \ ] ^ _ less 0x40 (ASCII).
        return key.Length == Prefix.Length + 1 && key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            && char.ToUpperInvariant(key[^1]) is var upper && upper is >= '@' and <= '_'
                ? (byte)(upper - '@')
                : null;
    }

    private static HearthException Invalid(string text, string key) => new(
        "detach-keys.invalid", $"--detach-keys {text}: '{key}' is no key.", "Use single characters or ctrl-a to ctrl-z, ctrl-@ [ \\ ] ^ _, separated by commas.");
}
