using System.Text;

namespace Hearth.Networking.Rules;

/// <summary>Lines with braces, for nft to read and for people to look at.</summary>
internal sealed class NftText
{
    private readonly StringBuilder _text = new();
    private int _depth;

    public bool IsEmpty => _text.Length == 0;

    public NftText Line(string line)
    {
        _text.Append(' ', _depth * 4).Append(line).Append('\n');
        return this;
    }

    /// <summary>Opens a block that ends when it is disposed.</summary>
    public IDisposable Block(string head)
    {
        Line(head + " {");
        _depth++;
        return new End(this);
    }

    public override string ToString() => _text.ToString();

    private sealed class End(NftText text) : IDisposable
    {
        public void Dispose()
        {
            text._depth--;
            text.Line("}");
        }
    }
}
