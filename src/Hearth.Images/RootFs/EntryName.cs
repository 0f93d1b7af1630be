using Hearth.Images.Layers;

namespace Hearth.Images.RootFs;

/// <summary>Names of entries as parts below the root. A leading slash is dropped, as Docker does; <c>..</c> is refused anywhere.</summary>
internal static class EntryName
{
    public const string WhiteoutPrefix = ".wh.";
    public const string OpaqueMark = ".wh..wh..opq";

    /// <summary>Names that AUFS kept for itself (<c>.wh..wh.plnk</c>); they say nothing about the tree and are skipped.</summary>
    public const string AufsPrefix = ".wh..wh.";

    public static string[] Split(LayerSource layer, string name)
    {
        if (name.Length > LayerLimits.PathBytes)
        {
            throw LayerErrors.Invalid(layer, name, $"its name is longer than {LayerLimits.PathBytes} bytes");
        }

        if (name.Length == 0 || name.Contains('\0'))
        {
            throw LayerErrors.Invalid(layer, name, "it has no proper name");
        }

        string[] parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (Array.IndexOf(parts, ".") >= 0)
        {
            parts = Array.FindAll(parts, part => part != ".");
        }

        foreach (string part in parts)
        {
            if (part == "..")
            {
                throw LayerErrors.Invalid(layer, name, "it leads out of the root");
            }

            if (part.Length > LayerLimits.NameBytes)
            {
                throw LayerErrors.Invalid(layer, name, $"a part of its name is longer than {LayerLimits.NameBytes} bytes");
            }
        }

        return parts;
    }

    public static string Join(string[] parts) => string.Join('/', parts);
}
