using Hearth.Core.Hashing;

namespace Hearth.Core.Naming;

/// <summary>A VM's identity: 64 lower-case hexadecimal digits, random, as Docker's container ids; shown as the first 12.</summary>
public static class VmId
{
    public const int Length = 64;
    public const int ShortLength = 12;

    public static string New() => Convert.ToHexStringLower(SystemRandom.GetBytes(Length / 2));

    public static string Short(string id) => id.Length <= ShortLength ? id : id[..ShortLength];

    public static bool IsValid(string text) => text.Length == Length && IsPrefix(text);

    public static bool IsPrefix(string text) =>
        text.Length is > 0 and <= Length && text.All(static c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f');
}
