using System.Runtime.InteropServices;

namespace Hearth.Linux;

/// <summary>What strerror(3) says, in the lower case that runtimes of containers print it in.</summary>
public static class ErrnoText
{
    public static string Of(int errno)
    {
        string text = Marshal.GetPInvokeErrorMessage(errno);
        return text.Length > 1 && char.IsAsciiLetterLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }
}
