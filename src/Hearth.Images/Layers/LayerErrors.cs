using System.Text;
using Hearth.Core.Errors;

namespace Hearth.Images.Layers;

/// <summary>The one error of this folder, <c>layer.invalid</c>: it names the layer and, once known, the path in it.</summary>
internal static class LayerErrors
{
    public const string Code = "layer.invalid";

    private const string Hint = "The image is damaged or was made by a faulty tool; pull it again, or build it anew.";
    private const int LongestPathShown = 200;

    public static HearthException Invalid(LayerSource layer, string? path, string cause, Exception? inner = null)
    {
        string where = path is null ? string.Empty : $", entry '{Printable(path)}'";
        return new HearthException(Code, $"Layer {layer.ShortDigest}{where}: {cause}.", Hint, inner: inner);
    }

    /// <summary>A name of an archive (one char per byte) as text: UTF-8 where it is, control characters and excess cut out.</summary>
    public static string Printable(string name)
    {
        string text = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(name));
        var shown = new StringBuilder();
        foreach (char letter in text.AsSpan(0, Math.Min(text.Length, LongestPathShown)))
        {
            shown.Append(char.IsControl(letter) ? '?' : letter);
        }

        return text.Length > LongestPathShown ? shown.Append('…').ToString() : shown.ToString();
    }
}
