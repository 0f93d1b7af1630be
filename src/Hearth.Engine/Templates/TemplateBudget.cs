using Hearth.Core.Errors;
using Hearth.Core.Units;

namespace Hearth.Engine.Templates;

/// <summary>What the templates of a home may take on the disk before the least recently used go.</summary>
public static class TemplateBudget
{
    /// <summary>A size, <c>4G</c>; 0 keeps the newest template alone.</summary>
    public const string Variable = "HEARTH_TEMPLATE_BUDGET";

    /// <summary>A template of a small image takes 107 MB with 512M of memory: enough for eighty of them.</summary>
    public const long DefaultBytes = 8L << 30;

    /// <exception cref="HearthException"><c>template.budget</c>: the variable holds no size.</exception>
    public static long Read(Func<string, string?> variable)
    {
        string? text = variable(Variable);
        return string.IsNullOrEmpty(text) ? DefaultBytes
            : ByteSize.TryParse(text, out ByteSize size) ? size.Bytes
            : throw new HearthException("template.budget", $"{Variable}={text}: not a size.", "Write a number with a unit: 4G, 500M.");
    }
}
